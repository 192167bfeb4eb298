package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.ResponseDetails;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import java.time.Duration;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleType;
import org.hl7.fhir.r4.model.Bundle.SearchEntryMode;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.exchange.Access;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.ledger.entry.Pseudonym;
import org.springframework.mock.web.MockHttpServletRequest;

/** Which answers wait for their slot; that slots hide differences is for {@link AnswerTimesIT}. */
class AnswerPaceTest {
    private static final Duration SLOT = Duration.ofMillis(200);
    private static final Pseudonym SUBJECT = Pseudonym.parse("0".repeat(32));

    private final AnswerPace pace = new AnswerPace(SLOT);

    @Test
    void what_is_seen_leaves_at_once() {
        assertThat(heldFor(request(RestOperationTypeEnum.READ), new Observation()))
                .isZero();
        assertThat(heldFor(request(RestOperationTypeEnum.SEARCH_TYPE), found(new Observation())))
                .isZero();
        assertThat(heldFor(request(RestOperationTypeEnum.TRANSACTION), answer("200 OK", null)))
                .isZero();
        assertThat(heldFor(request(RestOperationTypeEnum.TRANSACTION), answer("200", found(new Observation()))))
                .isZero();
    }

    @Test
    void what_says_nothing_waits() {
        ServletRequestDetails delete = request(RestOperationTypeEnum.DELETE);
        delete.setRequestType(RequestTypeEnum.DELETE);

        assertThat(heldFor(delete, new OperationOutcome())).isOne();
        assertThat(heldFor(request(RestOperationTypeEnum.SEARCH_TYPE), found())).isOne();
        Bundle remark = found();
        remark.addEntry().setResource(new OperationOutcome()).getSearch().setMode(SearchEntryMode.OUTCOME);
        assertThat(heldFor(request(RestOperationTypeEnum.SEARCH_TYPE), remark)).isOne();
        for (String refused : new String[] {"404", "412 Precondition Failed", "500"}) {
            Bundle mixed = answer("200 OK", new Observation());
            mixed.addEntry().getResponse().setStatus(refused);
            assertThat(heldFor(request(RestOperationTypeEnum.TRANSACTION), mixed))
                    .as(refused)
                    .isOne();
        }
        assertThat(heldFor(request(RestOperationTypeEnum.TRANSACTION), answer("200", found())))
                .isOne();
        Bundle stored = answer("404", null);
        stored.setType(BundleType.TRANSACTIONRESPONSE);
        assertThat(heldFor(request(RestOperationTypeEnum.TRANSACTION), stored)).isOne();
    }

    @Test
    void what_was_made_of_a_part_of_a_record_waits_but_for_a_read() {
        for (RestOperationTypeEnum operation : RestOperationTypeEnum.values()) {
            ServletRequestDetails request = request(operation);
            decided(request, true);
            boolean ofMany = Set.of(
                            RestOperationTypeEnum.SEARCH_TYPE,
                            RestOperationTypeEnum.HISTORY_INSTANCE,
                            RestOperationTypeEnum.EXTENDED_OPERATION_INSTANCE,
                            RestOperationTypeEnum.EXTENDED_OPERATION_TYPE,
                            RestOperationTypeEnum.EXTENDED_OPERATION_SERVER,
                            RestOperationTypeEnum.TRANSACTION)
                    .contains(operation);
            assertThat(heldFor(request, found(new Observation())))
                    .as("%s", operation)
                    .isEqualTo(ofMany ? 1 : 0);
        }
        ServletRequestDetails whole = request(RestOperationTypeEnum.SEARCH_TYPE);
        decided(whole, false);
        assertThat(heldFor(whole, found(new Observation()))).isZero();
    }

    @Test
    void a_refusal_waits() {
        ServletRequestDetails request = request(RestOperationTypeEnum.READ);
        Exchange.of(request);
        long begin = System.nanoTime();
        pace.holdRefusal(request);
        assertThat(slots(begin)).isOne();
    }

    @Test
    void the_slot_grows_with_what_a_request_can_name() {
        ServletRequestDetails names = request(RestOperationTypeEnum.SEARCH_TYPE);
        names.addParameter("patient", new String[] {"a" + ",a".repeat(10)});
        assertThat(heldFor(names, found())).isEqualTo(2);
        ServletRequestDetails values = request(RestOperationTypeEnum.SEARCH_TYPE);
        values.addParameter("patient", new String[] {"a" + ",a".repeat(5), "a" + ",a".repeat(4)});
        values.addParameter("subject", new String[] {"a,a"});
        assertThat(heldFor(values, found())).isEqualTo(2);

        ServletRequestDetails large = request(RestOperationTypeEnum.CREATE, "Content-Length", "5000");
        assertThat(heldFor(large, found())).isEqualTo(2);

        ServletRequestDetails bundle = request(RestOperationTypeEnum.TRANSACTION);
        Bundle many = new Bundle();
        for (int i = 0; i < 10; i++) {
            many.addEntry();
        }
        bundle.setResource(many);
        assertThat(heldFor(bundle, answer("404", null))).isEqualTo(2);
    }

    @Test
    void what_is_of_unknown_length_waits_longest_and_nothing_longer() {
        AnswerPace quick = new AnswerPace(Duration.ofMillis(2));
        for (String[] header : new String[][] {
            {"Content-Length", "999999999"}, {"Content-Length", "12345678901"}, {"Content-Encoding", "gzip"}
        }) {
            ServletRequestDetails request = request(RestOperationTypeEnum.CREATE, header);
            Exchange.of(request);
            long begin = System.nanoTime();
            quick.holdRefusal(request);
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .as(String.join(" ", header))
                    .isBetween(Duration.ofMillis(190), Duration.ofSeconds(5));
        }
    }

    @Test
    void an_emergency_and_a_question_are_answered_at_a_fixed_time() {
        for (String operation : new String[] {"$break-glass", "$request-access"}) {
            ServletRequestDetails request = request(RestOperationTypeEnum.EXTENDED_OPERATION_INSTANCE);
            request.setOperation(operation);
            Exchange.of(request);
            long begin = System.nanoTime();
            pace.hold(request, response(new Observation()));
            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(AnswerPace.ANSWER_AFTER.minusMillis(20), AnswerPace.ANSWER_AFTER.plusMillis(900));
        }
    }

    @Test
    void a_slot_of_nothing_holds_nothing_back_and_one_of_more_than_a_second_is_refused() {
        ServletRequestDetails request = request(RestOperationTypeEnum.SEARCH_TYPE);
        Exchange.of(request);
        long begin = System.nanoTime();
        new AnswerPace(Duration.ZERO).hold(request, response(found()));
        assertThat(slots(begin)).isZero();
        assertThatThrownBy(() -> new AnswerPace(Duration.ofMillis(1001))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new AnswerPace(Duration.ofMillis(-1))).isInstanceOf(IllegalArgumentException.class);
    }

    /** For how many slots an answer was held back. */
    private long heldFor(ServletRequestDetails request, IBaseResource answer) {
        Exchange.of(request);
        long begin = System.nanoTime();
        pace.hold(request, response(answer));
        return slots(begin);
    }

    private static long slots(long begin) {
        // A little before the end of the slot, because the exchange began before.
        return (System.nanoTime() - begin + SLOT.toNanos() / 4) / SLOT.toNanos();
    }

    private static void decided(ServletRequestDetails request, boolean partly) {
        Exchange.of(request)
                .orElseThrow()
                .access(
                        "p",
                        "Observation",
                        () -> new Access(true, partly, "p", SUBJECT, "Observation", "consent", 1, null));
    }

    private static ServletRequestDetails request(RestOperationTypeEnum operation, String... header) {
        MockHttpServletRequest sent = new MockHttpServletRequest();
        if (header.length > 0) {
            sent.addHeader(header[0], header[1]);
        }
        ServletRequestDetails request = new ServletRequestDetails();
        request.setServletRequest(sent);
        request.setRestOperationType(operation);
        request.setRequestType(RequestTypeEnum.GET);
        return request;
    }

    private static ResponseDetails response(IBaseResource answer) {
        ResponseDetails response = new ResponseDetails();
        response.setResponseResource(answer);
        return response;
    }

    private static Bundle found(Observation... observations) {
        Bundle bundle = new Bundle().setType(BundleType.SEARCHSET);
        for (Observation observation : observations) {
            bundle.addEntry().setResource(observation).getSearch().setMode(SearchEntryMode.MATCH);
        }
        return bundle;
    }

    private static Bundle answer(String status, @Nullable Resource resource) {
        Bundle bundle = new Bundle().setType(BundleType.BATCHRESPONSE);
        Bundle.BundleEntryComponent entry = bundle.addEntry();
        entry.getResponse().setStatus(status);
        if (resource != null) {
            entry.setResource(resource);
        }
        return bundle;
    }
}
