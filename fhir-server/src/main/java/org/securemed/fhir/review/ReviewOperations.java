package org.securemed.fhir.review;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.DateTimeType;
import org.hl7.fhir.r4.model.DecimalType;
import org.hl7.fhir.r4.model.DetectedIssue;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.ReviewLog;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.smart.Requester;

/** What compliance officers review, and what they say of it. For nobody else. */
public final class ReviewOperations {
    private static final String OWN = "https://securemed.org/fhir/CodeSystem/anomaly-rule";
    private static final String SCORE = "https://securemed.org/fhir/StructureDefinition/anomaly-score";
    private static final Set<String> OUTCOMES = Set.of("justified", "not-justified", "follow-up");
    private static final String SIGNED_OFF = "signed-off";
    private static final int LONGEST_WORDS = 2_000;
    private static final int MOST = 500;
    private static final int MOST_OPENED = 100;
    private static final int YEARS = 6;

    private final ReviewLog kept;
    private final CareContext context;
    private final ReviewProperties settings;
    private final Duration emergency;
    private final Clock clock;

    /** @param emergency how long a declared emergency opens a record */
    ReviewOperations(ReviewLog kept, CareContext context, ReviewProperties settings, Duration emergency, Clock clock) {
        this.kept = kept;
        this.context = context;
        this.settings = settings;
        this.emergency = emergency;
        this.clock = clock;
    }

    /**
     * What the rules found, the newest first, as a Bundle of DetectedIssue: {@code preliminary} until somebody has
     * reviewed it, then {@code final}.
     *
     * @param status {@code open} (if absent), {@code reviewed} or {@code all}
     * @param rule code of a rule; any if absent
     * @param count at most so many, at most 500
     */
    @Operation(name = "$findings", typeName = "AuditEvent", idempotent = true)
    public Bundle findings(
            @OperationParam(name = "status", max = 1) @Nullable CodeType status,
            @OperationParam(name = "rule", max = 1) @Nullable CodeType rule,
            @OperationParam(name = "count", max = 1) @Nullable IntegerType count,
            RequestDetails request) {
        requireOfficer(request);
        Map<String, ReviewLog.Kept> reviews = reviews();
        Bundle found = new Bundle().setType(Bundle.BundleType.COLLECTION);
        int most = most(count);
        for (ReviewLog.Kept one : kept.newest(ReviewLog.FINDING, since(), 10_000)) {
            ReviewLog.Kept review = reviews.get(one.id().toString());
            FindingText text = text(one);
            boolean asked = rule == null
                    || text.reasons().stream().anyMatch(reason -> reason.rule().equals(rule.getValue()));
            if (asked && wanted(status, review) && found.getEntry().size() < most) {
                found.addEntry().setResource(issue(one, text, review));
                name(one, request);
            }
        }
        return found;
    }

    /**
     * Declared emergencies, the newest first: parameter {@code emergency} for each.
     *
     * @param status {@code open} (if absent), {@code reviewed}, {@code unsigned} (reviewed, and nobody else has signed
     *     it off) or {@code all}
     * @param count at most so many, at most 500
     */
    @Operation(name = "$break-glass-reviews", typeName = "AuditEvent", idempotent = true)
    public Parameters emergencies(
            @OperationParam(name = "status", max = 1) @Nullable CodeType status,
            @OperationParam(name = "count", max = 1) @Nullable IntegerType count,
            RequestDetails request) {
        requireOfficer(request);
        Map<String, ReviewLog.Kept> reviews = reviews();
        Map<String, ReviewLog.Kept> signOffs = said(true);
        Parameters answer = new Parameters();
        int most = most(count);
        for (ReviewLog.Kept one : kept.newest(ReviewLog.BREAK_GLASS, since(), 10_000)) {
            ReviewLog.Kept review = reviews.get(one.id().toString());
            ReviewLog.Kept signed =
                    review == null ? null : signed(signOffs.get(one.id().toString()), review);
            boolean asked = status != null && "unsigned".equals(status.getValue())
                    ? review != null && signed == null
                    : wanted(status, review);
            if (asked && answer.getParameter().size() < most) {
                emergency(answer.addParameter().setName("emergency"), one, review, signed);
                name(one, request);
            }
        }
        return answer;
    }

    /**
     * Says what came of looking at a finding or an emergency. It may be said again; the newest counts, all are kept.
     *
     * @param outcome {@code justified}, {@code not-justified} or {@code follow-up}
     * @param note why, 1 to 2000 characters
     * @return {@code review}: id of the ledger entry
     */
    @Operation(name = "$review", typeName = "AuditEvent")
    public Parameters review(
            @IdParam IdType id,
            @OperationParam(name = "outcome", min = 1, max = 1) @Nullable CodeType outcome,
            @OperationParam(name = "note", min = 1, max = 1) @Nullable StringType note,
            RequestDetails request) {
        Requester requester = requireOfficer(request);
        ReviewLog.Kept about = kept.find(id.getIdPart())
                .filter(one -> !one.op().equals(ReviewLog.REVIEW))
                .orElseThrow(() -> refused(Problem.notFound("not-found", "There is nothing of this id to review.")));
        String words = note == null || note.getValue() == null
                ? ""
                : note.getValue().replaceAll("\\p{Cntrl}+", " ").strip();
        if (outcome == null
                || !OUTCOMES.contains(outcome.getValue())
                || words.isEmpty()
                || words.length() > LONGEST_WORDS) {
            throw refused(Problem.badRequest(
                    "malformed-parameters",
                    "Send outcome (justified, not-justified or follow-up) and note, 1 to 2000 characters."));
        }
        name(about, request);
        String subject = about.op().equals(ReviewLog.FINDING) ? text(about).user() : about.user();
        if (subject != null && subject.equals(requester.fhirUser())) {
            throw refused(Problem.forbidden("own-review", "Somebody else has to review what you did."));
        }
        Parameters answer = new Parameters();
        answer.addParameter(
                "review",
                new StringType(
                        kept.review(request, about, outcome.getValue(), words).toString()));
        return answer;
    }

    /**
     * Says, as somebody else than the reviewer, that the newest review of an emergency or finding is right.
     *
     * @param note 1 to 2000 characters
     * @return {@code signOff}: id of the ledger entry
     */
    @Operation(name = "$sign-off", typeName = "AuditEvent")
    public Parameters signOff(
            @IdParam IdType id,
            @OperationParam(name = "note", min = 1, max = 1) @Nullable StringType note,
            RequestDetails request) {
        Requester requester = requireOfficer(request);
        ReviewLog.Kept about = kept.find(id.getIdPart())
                .filter(one -> !one.op().equals(ReviewLog.REVIEW))
                .orElseThrow(() -> refused(Problem.notFound("not-found", "There is nothing of this id to sign off.")));
        name(about, request);
        ReviewLog.Kept review = reviews().get(about.id().toString());
        if (review == null) {
            throw refused(Problem.of(409, "not-reviewed", IssueType.CONFLICT, "Somebody has to review it before."));
        }
        String subject = about.op().equals(ReviewLog.FINDING) ? text(about).user() : about.user();
        String self = requester.fhirUser();
        if (self == null || self.equals(subject) || self.equals(review.user())) {
            throw refused(Problem.forbidden("own-review", "Somebody else has to sign off what you did or reviewed."));
        }
        Parameters answer = new Parameters();
        answer.addParameter(
                "signOff",
                new StringType(
                        kept.review(request, about, SIGNED_OFF, words(note)).toString()));
        return answer;
    }

    private static String words(@Nullable StringType note) {
        String words = note == null || note.getValue() == null
                ? ""
                : note.getValue().replaceAll("\\p{Cntrl}+", " ").strip();
        if (words.isEmpty() || words.length() > LONGEST_WORDS) {
            throw refused(Problem.badRequest("malformed-parameters", "Send note, 1 to 2000 characters."));
        }
        return words;
    }

    /** A sign-off of this very review, by somebody else; null if there is none. */
    private static ReviewLog.@Nullable Kept signed(ReviewLog.@Nullable Kept signOff, ReviewLog.Kept review) {
        boolean counts = signOff != null
                && !signOff.at().isBefore(review.at())
                && signOff.user() != null
                && !signOff.user().equals(review.user());
        return counts ? signOff : null;
    }

    private DetectedIssue issue(ReviewLog.Kept one, FindingText text, ReviewLog.@Nullable Kept review) {
        DetectedIssue issue = new DetectedIssue();
        issue.setId(one.id().toString());
        issue.setStatus(
                review == null
                        ? DetectedIssue.DetectedIssueStatus.PRELIMINARY
                        : DetectedIssue.DetectedIssueStatus.FINAL);
        issue.setSeverity(
                text.score() >= 0.8
                        ? DetectedIssue.DetectedIssueSeverity.HIGH
                        : text.score() >= 0.6
                                ? DetectedIssue.DetectedIssueSeverity.MODERATE
                                : DetectedIssue.DetectedIssueSeverity.LOW);
        issue.setIdentified(new DateTimeType(Date.from(one.at())));
        issue.addExtension(SCORE, new DecimalType(Math.round(text.score() * 1000) / 1000.0));
        if (text.patient() != null) {
            issue.setPatient(new Reference(text.patient()));
        }
        issue.addImplicated(new Reference(text.user()));
        for (FindingText.Reason reason : text.reasons()) {
            DetectedIssue.DetectedIssueEvidenceComponent evidence = issue.addEvidence();
            evidence.addExtension(SCORE, new DecimalType(reason.score()));
            evidence.addCode(new CodeableConcept(new Coding(OWN, reason.rule(), null)).setText(reason.evidence()));
        }
        DetectedIssue.DetectedIssueEvidenceComponent events = issue.addEvidence();
        text.events().forEach(event -> events.addDetail(new Reference("AuditEvent/" + event)));
        if (review != null) {
            issue.addMitigation()
                    .setAction(new CodeableConcept().setText(review.note()))
                    .setDate(Date.from(review.at()))
                    .setAuthor(new Reference(review.user()).setDisplay(review.name()));
        }
        return issue;
    }

    private void emergency(
            ParametersParameterComponent part,
            ReviewLog.Kept one,
            ReviewLog.@Nullable Kept review,
            ReviewLog.@Nullable Kept signed) {
        String user = one.user();
        String patient = one.patient();
        part.addPart().setName("declaration").setValue(new Reference("AuditEvent/" + one.id()));
        part.addPart().setName("at").setValue(new InstantType(Date.from(one.at())));
        part.addPart().setName("accepted").setValue(new BooleanType(one.succeeded()));
        if (user != null) {
            part.addPart().setName("who").setValue(new Reference(user).setDisplay(one.name()));
        }
        if (one.purpose() != null) {
            part.addPart().setName("purpose").setValue(new CodeType(one.purpose()));
        }
        if (one.note() != null) {
            part.addPart().setName("reason").setValue(new StringType(one.note()));
        }
        if (patient != null) {
            part.addPart().setName("patient").setValue(new Reference(patient));
        }
        if (patient != null && user != null) {
            part.addPart().setName("relationship").setValue(new BooleanType(context.cares(user, patient)));
            kept.opened(patient, user, one.at(), emergency, MOST_OPENED)
                    .forEach(event -> part.addPart().setName("opened").setValue(new Reference(event)));
        }
        part.addPart()
                .setName("due")
                .setValue(new InstantType(Date.from(one.at().plus(settings.due()))));
        part.addPart()
                .setName("overdue")
                .setValue(new BooleanType(
                        review == null && clock.instant().isAfter(one.at().plus(settings.due()))));
        if (review != null) {
            part.addPart().setName("review").setValue(new StringType(review.note()));
            part.addPart().setName("reviewed").setValue(new InstantType(Date.from(review.at())));
            part.addPart().setName("reviewer").setValue(new Reference(review.user()).setDisplay(review.name()));
            part.addPart().setName("signedOff").setValue(new BooleanType(signed != null));
        }
        if (signed != null) {
            part.addPart().setName("signer").setValue(new Reference(signed.user()).setDisplay(signed.name()));
        }
    }

    /** The newest review of each thing, by the id of what it is about. */
    private Map<String, ReviewLog.Kept> reviews() {
        return said(false);
    }

    private Map<String, ReviewLog.Kept> said(boolean signOffs) {
        Map<String, ReviewLog.Kept> reviews = new HashMap<>();
        for (ReviewLog.Kept review : kept.newest(ReviewLog.REVIEW, since(), 20_000)) {
            String note = review.note();
            boolean isSignOff = note != null && note.startsWith(SIGNED_OFF + ": ");
            if (review.about() != null && isSignOff == signOffs) {
                reviews.putIfAbsent(review.about(), review);
            }
        }
        return reviews;
    }

    private Instant since() {
        return clock.instant().atOffset(ZoneOffset.UTC).minusYears(YEARS).toInstant();
    }

    private static boolean wanted(@Nullable CodeType status, ReviewLog.@Nullable Kept review) {
        String asked = status == null || status.getValue() == null ? "open" : status.getValue();
        return switch (asked) {
            case "open" -> review == null;
            case "reviewed" -> review != null;
            case "all" -> true;
            default -> throw refused(Problem.badRequest("malformed-parameters", "status is open, reviewed or all."));
        };
    }

    private static int most(@Nullable IntegerType count) {
        if (count == null || count.getValue() == null) {
            return MOST;
        }
        if (count.getValue() < 1) {
            throw refused(Problem.badRequest("malformed-parameters", "count is at least 1."));
        }
        return Math.min(MOST, count.getValue());
    }

    private static FindingText text(ReviewLog.Kept finding) {
        try {
            return FindingText.parse(String.valueOf(finding.content()));
        } catch (IOException e) {
            throw new IllegalStateException("an entry holds no finding", e);
        }
    }

    /** Whoever reads of a patient here has read of them: the record says so. */
    private static void name(ReviewLog.Kept one, RequestDetails request) {
        Optional.ofNullable(one.patient())
                .map(patient -> patient.substring("Patient/".length()))
                .ifPresent(patient -> Exchange.of(request).ifPresent(exchange -> exchange.name(patient)));
    }

    private static Requester requireOfficer(RequestDetails request) {
        Requester requester = Exchange.of(request).map(Exchange::requester).orElse(Requester.anonymous());
        if (!requester.isOfficer() || !requester.overseesAudit()) {
            throw refused(Problem.forbidden("role-not-allowed", "Your role does not permit this interaction."));
        }
        return requester;
    }

    private static BaseServerResponseException refused(Problem problem) {
        BaseServerResponseException exception =
                BaseServerResponseException.newInstance(problem.status(), problem.diagnostics());
        exception.setOperationOutcome(problem.operationOutcome());
        return exception;
    }
}
