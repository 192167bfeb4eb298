package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Arrays;
import java.util.Locale;
import java.util.UUID;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.log.Ledger;

/**
 * {@code AuditEvent/$verify}: is the ledger as it was signed? For compliance staff and the custodian's systems.
 *
 * <p>With {@code Prefer: respond-async} the answer is 202 with the address of a status in {@code Content-Location};
 * that answers 202 with {@code X-Progress} while the verification runs and 200 with its result afterwards, and a DELETE
 * of it ends the verification. Any instance answers, and a restart begins what ran again.
 *
 * @see <a href="https://hl7.org/fhir/R4/async.html">FHIR R4, asynchronous requests</a>
 */
public final class VerifyOperations {
    /** The most entries that are verified while the client waits. */
    static final long AT_ONCE = 20_000;

    /** The operation whose DELETE ends a verification. */
    static final String STATUS = "$verify-status";

    private final Verifications verifications;
    private final Ledger ledger;
    private final String baseUrl;

    VerifyOperations(Verifications verifications, Ledger ledger, String baseUrl) {
        this.verifications = verifications;
        this.ledger = ledger;
        this.baseUrl = baseUrl;
    }

    /**
     * Verifies.
     *
     * @param from first ledger index; without {@code from} and {@code to} the whole log is verified, with its blocks,
     *     keys and every column of every row
     * @param to behind the last ledger index
     */
    @Operation(name = "$verify", typeName = "AuditEvent", idempotent = true)
    public Parameters verify(
            @OperationParam(name = "from", max = 1) @Nullable StringType from,
            @OperationParam(name = "to", max = 1) @Nullable StringType to,
            RequestDetails request,
            HttpServletResponse response) {
        requireUnlimited(request);
        Verifications.Range range = range(index("from", from), index("to", to));
        if (!prefersAsync(request)) {
            if (length(range) > AT_ONCE) {
                throw AuditRefusal.parameter("More than " + AT_ONCE + " entries are verified with the header"
                        + " Prefer: respond-async, or part by part with from and to.");
            }
            return result(verifications.verify(range));
        }
        UUID job =
                verifications.begin(range).orElseThrow(() -> AuditRefusal.busy("Too many verifications are running."));
        response.setStatus(HttpServletResponse.SC_ACCEPTED);
        response.setHeader("Content-Location", baseUrl + "/AuditEvent/" + STATUS + "?job=" + job);
        return new Parameters().addParameter("job", new StringType(job.toString()));
    }

    /** How far a verification is, or its result; with DELETE, ends it. */
    @Operation(name = STATUS, typeName = "AuditEvent", idempotent = true, deleteEnabled = true)
    public Parameters status(
            @OperationParam(name = "job", min = 1, max = 1) @Nullable StringType id,
            RequestDetails request,
            HttpServletResponse response) {
        requireUnlimited(request);
        Verifications.Job job = verifications
                .find(id == null || id.getValue() == null ? "" : id.getValue())
                .orElseThrow(() -> AuditRefusal.notFound("There is no such verification, or not any more."));
        if (request.getRequestType() == RequestTypeEnum.DELETE) {
            verifications.forget(job);
            response.setStatus(HttpServletResponse.SC_ACCEPTED);
            return new Parameters().addParameter("ended", new BooleanType(true));
        }
        String failure = job.failure();
        if (failure != null) {
            throw AuditRefusal.failed(failure);
        }
        VerificationResult found = job.result();
        if (found != null) {
            return result(found);
        }
        response.setStatus(HttpServletResponse.SC_ACCEPTED);
        response.setHeader("X-Progress", job.progress());
        response.setHeader("Retry-After", "1");
        return new Parameters().addParameter("progress", new StringType(job.progress()));
    }

    private static Parameters result(VerificationResult report) {
        Parameters result = new Parameters();
        result.addParameter("whole", new BooleanType(report.count() == 0));
        result.addParameter("entries", new StringType(Long.toString(report.entries())));
        result.addParameter("blocks", new StringType(Long.toString(report.blocks())));
        result.addParameter("root", new StringType(report.root()));
        if (report.pruned() > 0) {
            result.addParameter("pruned", new StringType(Long.toString(report.pruned())));
        }
        result.addParameter("findings", new StringType(Long.toString(report.count())));
        report.findings()
                .forEach(finding -> new Parts(result.addParameter().setName("finding"))
                        .text("table", finding.table())
                        .text("row", finding.row())
                        .text("column", finding.column())
                        .text("expected", finding.expected())
                        .text("found", finding.found()));
        return result;
    }

    private long length(Verifications.Range range) {
        Long from = range.from();
        Long to = range.to();
        long end = Math.min(to == null ? Long.MAX_VALUE : to, ledger.size());
        return end - (from == null ? 0 : from);
    }

    private static Verifications.Range range(@Nullable Long from, @Nullable Long to) {
        if (to != null && to <= (from == null ? 0 : from)) {
            throw AuditRefusal.parameter("to is the index behind the last one, larger than from.");
        }
        return new Verifications.Range(from, to);
    }

    private static @Nullable Long index(String name, @Nullable StringType value) {
        if (value == null) {
            return null;
        }
        String text = String.valueOf(value.getValue());
        if (!text.matches("0|[1-9][0-9]{0,17}")) {
            throw AuditRefusal.parameter(name + " is an index of the ledger, from 0.");
        }
        return Long.valueOf(text);
    }

    private static boolean prefersAsync(RequestDetails request) {
        return request.getHeaders("Prefer").stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .anyMatch(one -> one.strip().toLowerCase(Locale.ROOT).equals("respond-async"));
    }

    private static void requireUnlimited(RequestDetails request) {
        if (!AuditScope.isUnlimited(request)) {
            throw AuditRefusal.role();
        }
    }
}
