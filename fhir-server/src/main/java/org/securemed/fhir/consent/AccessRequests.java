package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.work.RepeatedWork;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What clinicians ask of patients, from the question to the patient's record. Asking is one row in a table and nothing
 * else, whoever is meant and whether or not they are patients here; who that is is looked up by a thread of its own,
 * with no request waiting for it. So neither the work nor the time of the answer depends on it. Thread-safe, on every
 * instance: of several that take up the same question, one delivers it.
 */
final class AccessRequests implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AccessRequests.class);

    /** Well within the time after which the question is answered, see {@link AnswerPace}. */
    private static final Duration INTERVAL = Duration.ofMillis(150);

    private static final int AT_ONCE = 50;

    private record Question(
            String id, Consent proposed, @Nullable Patient sought) {}

    private final JdbcTemplate jdbc;
    private final TransactionTemplate transaction;
    private final HouseRequests requests;
    private final PatientLookup lookup;
    private final OwnerIndex index;
    private final FhirContext context;
    private final String issuer;
    private @Nullable RepeatedWork work;

    AccessRequests(
            JdbcTemplate jdbc,
            TransactionTemplate transaction,
            HouseRequests requests,
            PatientLookup lookup,
            OwnerIndex index,
            FhirContext context,
            String issuer) {
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.requests = requests;
        this.lookup = lookup;
        this.index = index;
        this.context = context;
        this.issuer = issuer;
    }

    /** Begins to deliver. */
    AccessRequests start() {
        work = new RepeatedWork("access-requests", INTERVAL, this::deliverAll);
        return this;
    }

    /**
     * Keeps a question, durably; it is delivered by itself.
     *
     * @param proposed the Consent that is asked for; without a patient if one is sought
     * @param sought what the clinician knows of the patient; null if {@code proposed} names them
     */
    void keep(Consent proposed, @Nullable Patient sought) {
        jdbc.update(
                "insert into securemed.access_request (id, proposed, sought) values (?, ?, ?)",
                proposed.getIdElement().getIdPart(),
                text(proposed),
                sought == null ? null : text(sought));
    }

    private void deliverAll() {
        List<String> waiting = jdbc.queryForList(
                "select id from securemed.access_request order by asked_at limit " + AT_ONCE, String.class);
        waiting.forEach(this::deliver);
    }

    /** Delivers a question now, if it is still on its way. */
    void deliver(String id) {
        try {
            transaction.executeWithoutResult(status -> take(id).ifPresent(question -> {
                jdbc.update("delete from securemed.access_request where id = ?", id);
                patient(question)
                        .ifPresentOrElse(patient -> store(question.proposed(), patient), () -> keepQuiet(question));
            }));
        } catch (BaseServerResponseException e) {
            if (e.getStatusCode() >= 500) {
                throw e;
            }
            // What the gate refuses now it refuses later: it must not hold up the others.
            log.atError().addKeyValue("error", e.getClass().getName()).log("a question to a patient is lost");
            jdbc.update("delete from securemed.access_request where id = ?", id);
        }
    }

    private void store(Consent consent, String patient) {
        consent.setPatient(new Reference("Patient/" + patient));
        consent.getPerformer().clear();
        consent.addPerformer(new Reference("Patient/" + patient));
        requests.put(Requester.custodian(issuer), consent);
    }

    /** Nobody is asked, and the log does not tell. */
    private void keepQuiet(Question question) {
        Date until = question.proposed().getProvision().getPeriod().getEnd();
        jdbc.update(
                "insert into securemed.question_to_nobody (id, until_at) values (?, ?)",
                question.id(),
                Timestamp.from(until.toInstant()));
        requests.recordNothing(Requester.custodian(issuer), "Consent", 1);
    }

    private Optional<Question> take(String id) {
        return jdbc
                .query(
                        "select proposed, sought from securemed.access_request where id = ? for update skip locked",
                        (row, number) ->
                                new Question(id, parse(Consent.class, row.getString(1)), parsed(row.getString(2))),
                        id)
                .stream()
                .findFirst();
    }

    private @Nullable Patient parsed(@Nullable String text) {
        return text == null ? null : parse(Patient.class, text);
    }

    /** Who is meant; empty if nobody, or not one person alone. */
    private Optional<String> patient(Question question) {
        Patient sought = question.sought();
        if (sought == null) {
            String named =
                    question.proposed().getPatient().getReferenceElement().getIdPart();
            return Optional.ofNullable(named).filter(this::isThere);
        }
        PatientCriteria criteria = new PatientCriteria(sought);
        Set<String> found = new TreeSet<>();
        for (SearchParameterMap search : criteria.searches()) {
            found.addAll(lookup.all(search));
        }
        found.removeIf(
                patient -> !isThere(patient) || criteria.grade(read(patient)).isEmpty());
        return found.size() == 1 ? Optional.of(found.iterator().next()) : Optional.empty();
    }

    private boolean isThere(String patient) {
        return index.find("Patient/" + patient)
                .filter(ownership -> !ownership.deleted())
                .isPresent();
    }

    private Patient read(String patient) {
        return requests.read(Requester.custodian(issuer), Patient.class, patient);
    }

    private String text(Resource resource) {
        return context.newJsonParser().encodeResourceToString(resource);
    }

    private <T extends Resource> T parse(Class<T> type, String text) {
        return context.newJsonParser().parseResource(type, text);
    }

    @Override
    public void close() {
        if (work != null) {
            work.close();
        }
    }
}
