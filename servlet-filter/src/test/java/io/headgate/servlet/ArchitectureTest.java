package io.headgate.servlet;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

/** The rules of the house that a compiler does not check. */
class ArchitectureTest {

    private static final JavaClasses MODULE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.headgate");

    @Test
    void onlyTheJakartaServletApiIsUsed() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("javax.servlet..")
                .check(MODULE);
        classes()
                .that()
                .resideInAPackage("io.headgate.servlet")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.headgate..", "jakarta.servlet..", "java..", "org.jspecify..")
                .check(MODULE);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.headgate.(**)").should().beFreeOfCycles().check(MODULE);
    }

    @Test
    void theLimiterKnowsNothingOfServlets() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.headgate.servlet..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.headgate.servlet..", "jakarta..")
                .check(MODULE);
    }

    @Test
    void nothingHoldsAMonitorOrAsksANameServer() {
        noMethods()
                .that()
                .areDeclaredInClassesThat()
                .resideInAPackage("io.headgate.servlet")
                .should()
                .haveModifier(JavaModifier.SYNCHRONIZED)
                .check(MODULE);
        noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(InetAddress.class)
                .check(MODULE);
    }

    @Test
    void typesAreFinalOrMeantToBeReplaced() {
        classes()
                .that()
                .resideInAPackage("io.headgate.servlet")
                .and()
                .areNotInterfaces()
                .and()
                .areNotEnums()
                .and()
                .areTopLevelClasses()
                .should()
                .haveModifier(JavaModifier.FINAL)
                .andShould()
                .haveSimpleNameNotEndingWith("Impl")
                .check(MODULE);
    }
}
