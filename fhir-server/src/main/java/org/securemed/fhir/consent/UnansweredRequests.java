package org.securemed.fhir.consent;

import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.SortOrderEnum;
import ca.uhn.fhir.rest.api.SortSpec;
import ca.uhn.fhir.rest.param.DateParam;
import ca.uhn.fhir.rest.param.ParamPrefixEnum;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Consent;
import org.securemed.fhir.smart.Requester;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Closes what clinicians asked patients for and nobody signed in time: the proposed Consent becomes rejected. What was
 * asked of nobody is over at the same time, and leaves as many entries. Harmless on several instances at once.
 * Thread-safe.
 */
final class UnansweredRequests implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(UnansweredRequests.class);
    private static final Duration INTERVAL = Duration.ofMinutes(10);
    private static final int AT_ONCE = 200;

    private final JdbcTemplate jdbc;
    private final HouseRequests requests;
    private final String issuer;
    private final Clock clock;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work, "unanswered-requests");
        made.setDaemon(true);
        return made;
    });

    UnansweredRequests(JdbcTemplate jdbc, HouseRequests requests, String issuer, Clock clock) {
        this.jdbc = jdbc;
        this.requests = requests;
        this.issuer = issuer;
        this.clock = clock;
    }

    /** Begins; the first run is in ten minutes. */
    @SuppressWarnings("FutureReturnValueIgnored") // the work throws nothing that anybody could wait for
    UnansweredRequests start() {
        thread.scheduleWithFixedDelay(
                () -> {
                    try {
                        run(clock.instant());
                    } catch (RuntimeException e) {
                        log.atWarn()
                                .addKeyValue("error", e.getClass().getName())
                                .log("requests that nobody answered were not closed");
                    }
                },
                INTERVAL.toMillis(),
                INTERVAL.toMillis(),
                TimeUnit.MILLISECONDS);
        return this;
    }

    /**
     * Closes what is over at a time.
     *
     * @return how many
     */
    int run(Instant at) {
        Date now = Date.from(at);
        Requester custodian = Requester.custodian(issuer);
        SearchParameterMap over = new SearchParameterMap()
                .add(Consent.SP_STATUS, new TokenParam(null, "proposed"))
                .add(Consent.SP_CATEGORY, new TokenParam(AppConsent.CATEGORIES, PatientPresent.CATEGORY))
                .add(Consent.SP_PERIOD, new DateParam(ParamPrefixEnum.ENDS_BEFORE, now));
        over.setSort(new SortSpec("_lastUpdated", SortOrderEnum.ASC));
        int closed = 0;
        Set<String> patients = new HashSet<>();
        for (IBaseResource found : requests.search(custodian, "Consent", over, Map.of("status", "proposed"), AT_ONCE)) {
            if (found instanceof Consent consent && isOver(consent, now.toInstant())) {
                patients.add(consent.getPatient().getReference());
                closed += close(custodian, consent.getIdElement().getIdPart(), now.toInstant());
            }
        }
        int nobody = jdbc.update(
                "delete from securemed.question_to_nobody where id in (select id from securemed.question_to_nobody"
                        + " where until_at < ? order by until_at limit ? for update skip locked)",
                Timestamp.from(at),
                AT_ONCE);
        // The search above has an entry for each patient whom it found, and one if it found none.
        int searched = Math.max(1, patients.size() + nobody) - Math.max(1, patients.size());
        requests.recordNothing(custodian, "Consent", searched + nobody);
        return closed;
    }

    private int close(Requester custodian, String id, Instant now) {
        try {
            requests.change(custodian, Consent.class, id, stored -> {
                // Signed in this moment: it is not proposed any more.
                if (isOver(stored, now)) {
                    stored.setStatus(Consent.ConsentState.REJECTED);
                }
                return stored;
            });
            return 1;
        } catch (BaseServerResponseException e) {
            if (e.getStatusCode() >= 500) {
                throw e;
            }
            log.atWarn().addKeyValue("status", e.getStatusCode()).log("a request that nobody answered was not closed");
            return 0;
        }
    }

    private static boolean isOver(Consent consent, Instant now) {
        Date end = consent.getProvision().getPeriod().getEnd();
        return consent.getStatus() == Consent.ConsentState.PROPOSED
                && PatientPresent.is(consent)
                && end != null
                && end.toInstant().isBefore(now);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
