package org.securemed.ledger;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Who may know whom: {@code verify → log → checkpoint → merkle}, {@code log → entry}, and storage behind the log's
 * port.
 */
@AnalyzeClasses(packages = "org.securemed.ledger", importOptions = DoNotIncludeTests.class)
class LayersTest {
    @ArchTest
    static final ArchRule TREES_KNOW_HASHES_ONLY = only("merkle");

    @ArchTest
    static final ArchRule ENTRIES_KNOW_JSON_ONLY = only("entry", "com.fasterxml.jackson.core..", "org.erdtman.jcs..");

    @ArchTest
    static final ArchRule CHECKPOINTS_KNOW_TREES_AND_SIGNATURES =
            only("checkpoint", "org.securemed.ledger.merkle..", "org.bouncycastle..", "javax.crypto..");

    @ArchTest
    static final ArchRule POLICIES_KNOW_CHECKPOINTS =
            only("policy", "org.securemed.ledger.checkpoint..", "org.securemed.ledger.entry..");

    @ArchTest
    static final ArchRule THE_CONSENT_CONTRACT_KNOWS_ENTRIES = noClasses()
            .that()
            .resideInAPackage("org.securemed.ledger.consent..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.securemed.ledger.log..",
                    "org.securemed.ledger.merkle..",
                    "org.securemed.ledger.storage..",
                    "org.securemed.ledger.verify..",
                    "java.sql..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule THE_LOG_KNOWS_NO_STORE = noClasses()
            .that()
            .resideInAPackage("org.securemed.ledger.log..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.securemed.ledger.storage..", "org.securemed.ledger.verify..");

    @ArchTest
    static final ArchRule THE_VERIFIER_DOES_NOT_READ_THROUGH_WHAT_IT_VERIFIES = noClasses()
            .that()
            .resideInAPackage("org.securemed.ledger.verify..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.securemed.ledger.storage..");

    @ArchTest
    static final ArchRule NO_CYCLES =
            slices().matching("org.securemed.ledger.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule ONLY_COMMAND_LINES_PRINT = noClasses()
            .that()
            .haveSimpleNameNotEndingWith("Command")
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err");

    private static ArchRule only(String name, String... libraries) {
        String[] allowed = new String[libraries.length + 3];
        allowed[0] = "java..";
        allowed[1] = "org.jspecify..";
        allowed[2] = "org.securemed.ledger." + name + "..";
        System.arraycopy(libraries, 0, allowed, 3, libraries.length);
        return classes()
                .that()
                .resideInAPackage("org.securemed.ledger." + name + "..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed);
    }
}
