package io.headgate.http;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The rules of the house that a compiler does not check. */
class ArchitectureTest {

    private static final String HTTP = "io.headgate.http";
    private static final JavaClasses MODULE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.headgate");

    @Test
    void noServerAndNoFrameworkIsKnown() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("jakarta..", "javax.servlet..", "org.springframework..", "reactor..", "io.netty..")
                .check(MODULE);
        classes()
                .that()
                .resideInAPackage(HTTP)
                .should()
                .onlyDependOnClassesThat(JavaClass.Predicates.resideInAnyPackage(
                                HTTP,
                                "io.headgate",
                                "io.headgate.metrics",
                                "io.headgate.net",
                                "io.headgate.plan",
                                "javax.crypto..",
                                "java.lang..",
                                "java.io",
                                "java.nio..",
                                "java.security",
                                "java.text",
                                "java.time..",
                                "java.util..",
                                "org.jspecify..")
                        // Of the network only how a location is written.
                        .or(JavaClass.Predicates.belongToAnyOf(URI.class, URISyntaxException.class, URLDecoder.class)))
                .check(MODULE);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.headgate.(**)").should().beFreeOfCycles().check(MODULE);
    }

    @Test
    void theLimiterKnowsNothingOfHttp() {
        noClasses()
                .that()
                .resideOutsideOfPackage(HTTP + "..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(HTTP + "..")
                .check(MODULE);
    }

    @Test
    void everythingIsInOnePackageWhichIsNullMarked() throws ClassNotFoundException {
        classes()
                .that()
                .resideInAPackage(HTTP + "..")
                .should()
                .resideInAPackage(HTTP)
                .check(MODULE);
        // The package-info of the tests would answer for that of the module.
        assertThat(MODULE.contain(HTTP + ".package-info"))
                .as("package-info of the module")
                .isTrue();
        assertThat(Class.forName(HTTP + ".package-info").isAnnotationPresent(NullMarked.class))
                .isTrue();
    }

    @Test
    void nothingHoldsAMonitorOrAsksANameServer() {
        noMethods()
                .that()
                .areDeclaredInClassesThat()
                .resideInAPackage(HTTP)
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
    void noStateIsGlobal() {
        fields().that().areStatic().should().beFinal().check(MODULE);
    }

    @Test
    void typesAreFinalOrMeantToBeReplaced() {
        classes()
                .that()
                .resideInAPackage(HTTP)
                .and()
                .areNotInterfaces()
                .and()
                .areNotEnums()
                .and()
                .areTopLevelClasses()
                .and()
                .doNotBelongToAnyOf(RequestLimiterBuilder.class)
                .and()
                .haveSimpleNameNotContaining("package-info")
                .should()
                .haveModifier(JavaModifier.FINAL)
                .andShould()
                .haveSimpleNameNotEndingWith("Impl")
                .check(MODULE);
        // Adapters extend it, each with what its own kind of requests needs.
        assertThat(Modifier.isAbstract(RequestLimiterBuilder.class.getModifiers()))
                .isTrue();
        classes()
                .that()
                .areAssignableTo(RequestLimiterBuilder.class)
                .and()
                .doNotHaveModifier(JavaModifier.ABSTRACT)
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(MODULE);
    }
}
