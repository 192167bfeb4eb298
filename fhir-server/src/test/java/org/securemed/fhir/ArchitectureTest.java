package org.securemed.fhir;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_FIELD_INJECTION;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.server.IRestfulResponse;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Date;
import java.util.Set;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.jspecify.annotations.NullMarked;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.consent.AnswerPace;
import org.securemed.fhir.exchange.Recorded;
import org.springframework.http.ProblemDetail;

/** Who may know whom in the server. */
@AnalyzeClasses(packages = "org.securemed.fhir", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String ROOT = "org.securemed.fhir.";

    @ArchTest
    static final ArchRule modules_do_not_know_each_other_in_circles =
            slices().matching(ROOT + "(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule hapis_storage_is_known_to_the_gate_and_the_wiring_only = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + "server..", ROOT + "consent..", ROOT + "owner..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ca.uhn.fhir.jpa..");

    @ArchTest
    static final ArchRule nobody_counts_on_the_demonstration = classes()
            .that()
            .resideInAPackage(ROOT + "demo..")
            .should()
            .onlyHaveDependentClassesThat()
            .resideInAnyPackage(ROOT + "demo..", ROOT + "server..", FhirServerApplication.class.getPackageName());

    @ArchTest
    static final ArchRule nobody_knows_the_wiring_but_the_main_class = classes()
            .that()
            .resideInAPackage(ROOT + "server..")
            .should()
            .onlyHaveDependentClassesThat(resideInAPackage(ROOT + "server..")
                    .or(DescribedPredicate.describe(
                            "the main class", type -> type.getName().equals(FhirServerApplication.class.getName()))));

    @ArchTest
    static final ArchRule error_bodies_are_made_in_one_place = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + "problem..")
            .should()
            .callConstructor(OperationOutcome.class)
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(ProblemDetail.class)
            .orShould()
            .dependOnClassesThat()
            .haveSimpleName("OperationOutcomeUtil");

    @ArchTest
    static final ArchRule nobody_prints_but_the_demonstration =
            noClasses().that().resideOutsideOfPackage(ROOT + "demo..").should(ACCESS_STANDARD_STREAMS);

    @ArchTest
    static final ArchRule dependencies_come_through_constructors = NO_CLASSES_SHOULD_USE_FIELD_INJECTION;

    /** FHIR's model and the token library speak of it; nothing of ours does. */
    @ArchTest
    static final ArchRule time_is_an_instant = methods()
            .that()
            .arePublic()
            .and()
            .areDeclaredInClassesThat(not(resideInAPackage(ROOT + "audit..")))
            .should(neitherTakeNorGiveDates());

    @ArchTest
    static final ArchRule nothing_is_null_unless_it_says_so = classes().should(beInAPackageThatIsNullMarked());

    /** Under the FHIR endpoint an answer leaves through HAPI, or as a problem; the rest speaks OAuth elsewhere. */
    @ArchTest
    static final ArchRule nobody_writes_an_answer_past_the_recorder = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + "problem..", ROOT + "smart..")
            .and()
            .areNotAssignableTo(HttpServletResponse.class)
            .should()
            .callMethodWhere(writesAnAnswer());

    @ArchTest
    static final ArchRule two_ways_past_hapi_lead_through_the_recorder = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + "read..", ROOT + "export..")
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(IRestfulResponse.class);

    /** A short read knows of no other: what else looks at loaded resources must be asked by it, too. */
    @ArchTest
    static final ArchRule one_check_looks_at_what_was_loaded = methods()
            .that()
            .areAnnotatedWith(Hook.class)
            .and(hookInto(Set.of(Pointcut.STORAGE_PRESHOW_RESOURCES, Pointcut.STORAGE_PREACCESS_RESOURCES)))
            .should()
            .beDeclaredInClassesThat()
            .haveSimpleName("ReleaseCheck");

    @ArchTest
    static final ArchRule only_the_recorder_says_that_something_is_recorded = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + "audit..")
            .should()
            .callMethod(Recorded.class, "mark", jakarta.servlet.http.HttpServletRequest.class);

    @ArchTest
    static final ArchRule only_the_recorder_handles_failures = methods()
            .that()
            .areAnnotatedWith(Hook.class)
            .and(hookInto(Set.of(Pointcut.SERVER_HANDLE_EXCEPTION)))
            // It only waits.
            .and()
            .areNotDeclaredIn(AnswerPace.class)
            .should()
            .beDeclaredInClassesThat()
            .resideInAPackage(ROOT + "audit..");

    @ArchTest
    static final ArchRule nothing_changes_an_answer_after_the_recorder = methods()
            .that()
            .areAnnotatedWith(Hook.class)
            .and(hookInto(Set.of(Pointcut.SERVER_OUTGOING_RESPONSE)))
            .and()
            .areNotDeclaredIn(AuditRecorder.class)
            .and()
            // Waits, and does not know the answer.
            .areNotDeclaredIn(AnswerPace.class)
            .should(runBefore(AuditRecorder.LAST));

    private static ArchCondition<JavaMethod> runBefore(int order) {
        return new ArchCondition<>("run before order " + order) {
            @Override
            public void check(JavaMethod method, ConditionEvents events) {
                int own = method.getAnnotationOfType(Hook.class).order();
                if (own >= order) {
                    events.add(SimpleConditionEvent.violated(method, method.getFullName() + " has order " + own));
                }
            }
        };
    }

    private static DescribedPredicate<JavaMethod> hookInto(Set<Pointcut> pointcuts) {
        return DescribedPredicate.describe(
                "hook into " + pointcuts,
                method -> pointcuts.contains(
                        method.getAnnotationOfType(Hook.class).value()));
    }

    private static DescribedPredicate<JavaCall<?>> writesAnAnswer() {
        Set<String> ways = Set.of("getWriter", "getOutputStream", "flushBuffer", "sendError", "sendRedirect");
        return DescribedPredicate.describe(
                "a servlet response is written",
                call -> call.getTargetOwner().isAssignableTo(ServletResponse.class) && ways.contains(call.getName()));
    }

    private static ArchCondition<JavaMethod> neitherTakeNorGiveDates() {
        return new ArchCondition<>("neither take nor give a java.util.Date") {
            @Override
            public void check(JavaMethod method, ConditionEvents events) {
                boolean dates = method.getRawReturnType().isEquivalentTo(Date.class)
                        || method.getRawParameterTypes().stream().anyMatch(type -> type.isEquivalentTo(Date.class));
                if (dates) {
                    events.add(SimpleConditionEvent.violated(method, method.getFullName() + " speaks of a Date"));
                }
            }
        };
    }

    private static ArchCondition<JavaClass> beInAPackageThatIsNullMarked() {
        return new ArchCondition<>("be in a package that is @NullMarked") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                boolean marked = type.getPackage()
                        .tryGetPackageInfo()
                        .filter(info -> info.isAnnotatedWith(NullMarked.class))
                        .isPresent();
                if (!marked) {
                    events.add(SimpleConditionEvent.violated(type, type.getPackageName() + " is not @NullMarked"));
                }
            }
        };
    }
}
