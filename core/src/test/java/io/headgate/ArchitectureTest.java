package io.headgate;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.headgate.plan.PlanCache;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    private static final JavaClasses CORE = new ClassFileImporter(
                    java.util.List.of(new ImportOption.DoNotIncludeTests()))
            .importPackages("io.headgate");

    private static final DescribedPredicate<JavaClass> CACHE =
            describe("are CaffeineStore", type -> type.getName().startsWith("io.headgate.CaffeineStore"));

    @Test
    void needsNothingButJava() {
        classes()
                .that()
                .resideOutsideOfPackage("io.headgate.metrics")
                .and()
                .doNotHaveFullyQualifiedName(PlanCache.class.getName())
                .and(not(CACHE))
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "io.headgate..", "org.jspecify.annotations")
                .check(CORE);
    }

    @Test
    void onlyOneClassKnowsCaffeineAndOnlyWhatMakesItKnowsThat() {
        classes()
                .that(CACHE)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..", "io.headgate", "com.github.benmanes.caffeine.cache", "org.jspecify.annotations")
                .check(CORE);
        noClasses()
                .that(not(CACHE))
                .and()
                .doNotHaveFullyQualifiedName(KeyKind.class.getName())
                .should()
                .dependOnClassesThat(CACHE)
                .check(CORE);
    }

    @Test
    void onlyTheMetricsKnowMicrometerAndNobodyKnowsThem() {
        classes()
                .that()
                .resideInAPackage("io.headgate.metrics")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "io.headgate..", "io.micrometer..", "org.jspecify.annotations")
                .check(CORE);
        classes()
                .that()
                .resideInAPackage("io.headgate.metrics")
                .should()
                .onlyBeAccessed()
                .byAnyPackage("io.headgate.metrics")
                .check(CORE);
    }

    @Test
    void onlyThePlanCacheKnowsCaffeine() {
        classes()
                .that()
                .haveFullyQualifiedName(PlanCache.class.getName())
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..", "io.headgate..", "com.github.benmanes.caffeine.cache", "org.jspecify.annotations")
                .check(CORE);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.(headgate..)").should().beFreeOfCycles().check(CORE);
    }

    @Test
    void theMapAndTheAddressesKnowNothingOfTheLimiter() {
        classes()
                .that()
                .resideInAnyPackage("io.headgate.map", "io.headgate.net")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "io.headgate.internal",
                        "io.headgate.map",
                        "io.headgate.net",
                        "org.jspecify.annotations")
                .check(CORE);
    }

    @Test
    void noStateIsGlobal() {
        fields().that().areStatic().should().beFinal().check(CORE);
    }

    /** But for the processes that a test starts and listens to. Measurements go to their file. */
    @Test
    void noTestPrintsIntoTheLog() {
        JavaClasses tests = new ClassFileImporter(java.util.List.of(new ImportOption.OnlyIncludeTests()))
                .importPackages("io.headgate");
        noClasses()
                .that(not(describe(
                        "have a main method",
                        type -> type.tryGetMethod("main", String[].class).isPresent())))
                .should(ACCESS_STANDARD_STREAMS)
                .check(tests);
    }
}
