package org.securemed.fhir.export;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.server.IRestfulResponse;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.Writer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.hl7.fhir.r4.model.IdType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.consent.PopulationGate;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.PartitionContents.Held;

/**
 * {@code $export} of the system, of all patients and of a Group, its status, and its files.
 *
 * @see <a href="https://hl7.org/fhir/uv/bulkdata/STU2/export.html">FHIR Bulk Data Access 2.0, Export</a>
 */
public final class ExportProvider {
    static final String STATUS = "$export-status";
    static final String FILE = "$export-file";

    private static final String EXPORT = "$export";
    private static final String JSON = "application/json";
    private static final int SLICE = 100;

    private final PopulationGate gate;
    private final ExportJobs jobs;
    private final Preparations preparations;
    private final ExportFiles files;
    private final AuditRecorder recorder;
    private final ExportProperties settings;
    private final String baseUrl;

    ExportProvider(
            PopulationGate gate,
            ExportJobs jobs,
            Preparations preparations,
            ExportFiles files,
            AuditRecorder recorder,
            ExportProperties settings,
            String baseUrl) {
        this.gate = gate;
        this.jobs = jobs;
        this.preparations = preparations;
        this.files = files;
        this.recorder = recorder;
        this.settings = settings;
        this.baseUrl = baseUrl;
    }

    /** All that the requester may see. */
    @Operation(name = EXPORT, idempotent = true, manualResponse = true)
    public void exportSystem(RequestDetails request, HttpServletResponse response) {
        begin(ExportOrder.Level.SYSTEM, null, request, response);
    }

    /** What belongs to patients. */
    @Operation(name = EXPORT, typeName = "Patient", idempotent = true, manualResponse = true)
    public void exportPatients(RequestDetails request, HttpServletResponse response) {
        begin(ExportOrder.Level.PATIENT, null, request, response);
    }

    /** What belongs to the members of a Group. */
    @Operation(name = EXPORT, typeName = "Group", idempotent = true, manualResponse = true)
    public void exportGroup(@IdParam IdType id, RequestDetails request, HttpServletResponse response) {
        begin(ExportOrder.Level.GROUP, id.getIdPart(), request, response);
    }

    private void begin(
            ExportOrder.Level level, @Nullable String group, RequestDetails request, HttpServletResponse response) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        Set<String> offered = gate.types(exchange);
        ExportOrder order = ExportOrders.read(request, level, group, exportable(request));
        order.types().forEach(type -> gate.require(exchange, type));
        if (offered.isEmpty()) {
            throw ExportRefusal.scope();
        }
        @Nullable Set<String> members = group == null ? null : gate.members(request, group);
        UUID worker = UUID.randomUUID();
        UUID job = jobs.begin(exchange.requester(), order, worker, settings.lifetime(), settings.mostJobs())
                .orElseThrow(ExportRefusal::tooMany);
        preparations.begin(job, worker, order, exchange, members);
        response.setHeader("Content-Location", baseUrl + "/" + STATUS + "?job=" + job);
        response.setStatus(HttpServletResponse.SC_ACCEPTED);
    }

    private static Set<String> exportable(RequestDetails request) {
        Set<String> types = new TreeSet<>(request.getFhirContext().getResourceTypes());
        types.removeIf(type -> !PopulationGate.knows(type));
        return types;
    }

    /** How far an export is, or its files; with DELETE, ends it. */
    @Operation(name = STATUS, idempotent = true, deleteEnabled = true, manualResponse = true)
    public void status(RequestDetails request, HttpServletRequest servletRequest, HttpServletResponse response)
            throws IOException {
        Exchange exchange = Exchange.of(request).orElseThrow();
        ExportJobs.Job job = job(exchange, request);
        if (request.getRequestType() == RequestTypeEnum.DELETE) {
            jobs.forget(job);
            response.setStatus(HttpServletResponse.SC_ACCEPTED);
            return;
        }
        switch (job.state()) {
            case FAILED -> throw ExportRefusal.failed();
            case PREPARING -> {
                goOn(exchange, job, request);
                response.setHeader("X-Progress", "preparing, " + job.patients() + " patients so far");
                response.setHeader("Retry-After", "1");
                response.setStatus(HttpServletResponse.SC_ACCEPTED);
            }
            case READY -> {
                String manifest = Manifest.of(job, there(exchange, job, request), baseUrl);
                recorder.answeringByItself(request, servletRequest);
                IRestfulResponse answer = request.getResponse();
                answer.addHeader("Expires", httpDate(job.expires()));
                answer.addHeader("Cache-Control", "no-store");
                Writer writer = answer.getResponseWriter(200, JSON, "UTF-8", request.isRespondGzip());
                writer.write(manifest);
                answer.commitResponse(writer);
            }
        }
    }

    /** Who asks takes over what an instance left behind. */
    private void goOn(Exchange exchange, ExportJobs.Job job, RequestDetails request) {
        UUID worker = UUID.randomUUID();
        if (jobs.takeOver(job.id(), worker)) {
            String group = job.order().groupId();
            @Nullable Set<String> members = group == null ? null : gate.members(request, group);
            preparations.begin(job.id(), worker, job.order(), exchange, members);
        }
    }

    /** The files in which there is something now; the answer rests on the consent to one resource of each. */
    private List<ExportJobs.File> there(Exchange exchange, ExportJobs.Job job, RequestDetails request) {
        Set<String> offered = gate.types(exchange);
        List<ExportJobs.File> there = new ArrayList<>();
        for (ExportJobs.File file : jobs.files(job)) {
            if (offered.contains(file.type())
                    && holdsSomething(exchange, file, job.order().since(), request)) {
                there.add(file);
            }
        }
        return there;
    }

    private boolean holdsSomething(
            Exchange exchange, ExportJobs.File file, @Nullable Instant since, RequestDetails request) {
        List<Integer> partitions = file.partitions();
        int slice = 1;
        for (int from = 0; from < partitions.size(); from += slice, slice = SLICE) {
            List<Integer> some = partitions.subList(from, Math.min(partitions.size(), from + slice));
            List<Held> held = gate.visible(gate.anew(exchange, file.type()), some, Set.of(file.type()), since);
            if (!held.isEmpty()) {
                RequestDetails decided = gate.anew(exchange, file.type());
                if (!gate.visible(decided, List.of(held.get(0).partition()), Set.of(file.type()), since)
                        .isEmpty()) {
                    PopulationGate.rest(request, decided);
                    return true;
                }
            }
        }
        return false;
    }

    /** Sends a file. */
    @Operation(name = FILE, idempotent = true, manualResponse = true)
    public void file(RequestDetails request, HttpServletRequest servletRequest) throws IOException {
        Exchange exchange = Exchange.of(request).orElseThrow();
        ExportJobs.Job job = job(exchange, request);
        if (job.state() == ExportJobs.State.PREPARING) {
            throw ExportRefusal.notReady();
        }
        ExportJobs.File file = jobs.file(job, parameter(request, "file")).orElseThrow(ExportRefusal::notFound);
        gate.require(exchange, file.type());
        files.send(file, job.order().since(), request, servletRequest);
    }

    private ExportJobs.Job job(Exchange exchange, RequestDetails request) {
        return jobs.find(exchange.requester(), parameter(request, "job")).orElseThrow(ExportRefusal::notFound);
    }

    private static String parameter(RequestDetails request, String name) {
        String[] values = request.getParameters().get(name);
        if (values == null || values.length != 1) {
            throw ExportRefusal.parameter("Ask as the Content-Location or the manifest says.");
        }
        return values[0];
    }

    private static String httpDate(Instant instant) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(instant.atOffset(ZoneOffset.UTC));
    }
}
