package org.securemed.fhir.export;

import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.rest.api.server.IRestfulResponse;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.ExportRecorder;
import org.securemed.fhir.consent.PopulationGate;
import org.securemed.fhir.exchange.CutShort;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Touched;
import org.securemed.fhir.owner.PartitionContents.Place;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the files of exports. They lie nowhere: a file is made page by page while it is fetched. Each page is decided
 * anew, for who fetches it, and recorded before it leaves; what was recorded in this file already is looked at once
 * more for a change of consent. A file that can't be finished ends with the connection, not as if it were complete.
 * Thread-safe.
 */
final class ExportFiles {
    private static final Logger log = LoggerFactory.getLogger(ExportFiles.class);

    private static final String NDJSON = "application/fhir+ndjson";
    private static final int PAGE = 100;
    private static final int SLICE = 50;
    private static final int ATTEMPTS = 5;
    private static final int BUFFER = 8192;

    private final PopulationGate gate;
    private final ExportRecorder recorder;
    private final TokenCheck token;

    ExportFiles(PopulationGate gate, ExportRecorder recorder, TokenCheck token) {
        this.gate = gate;
        this.recorder = recorder;
        this.token = token;
    }

    /** Asks whether the token of a request is still one that opens something. */
    @FunctionalInterface
    interface TokenCheck {
        boolean isLive(HttpServletRequest request);
    }

    /** Sends a file to who has asked for it. */
    void send(ExportJobs.File file, @Nullable Instant since, RequestDetails request, HttpServletRequest servletRequest)
            throws IOException {
        Delivery delivery = new Delivery(file, since, request, servletRequest);
        try {
            delivery.send();
        } catch (IOException | RuntimeException e) {
            if (delivery.writer == null) {
                throw e;
            }
            // Without its message, which may speak of patients.
            log.atWarn().addKeyValue("error", e.getClass().getName()).log("a file of an export was cut short");
            CutShort.mark(servletRequest);
        }
    }

    /** One file on its way to one client; for one thread. */
    private final class Delivery {
        private final ExportJobs.File file;
        private final @Nullable Instant since;
        private final RequestDetails request;
        private final HttpServletRequest servletRequest;
        private final Exchange asked;
        private final IParser parser;
        private final Set<String> recorded = new HashSet<>();
        private @Nullable Writer writer;

        Delivery(
                ExportJobs.File file,
                @Nullable Instant since,
                RequestDetails request,
                HttpServletRequest servletRequest) {
            this.file = file;
            this.since = since;
            this.request = request;
            this.servletRequest = servletRequest;
            this.asked = Exchange.of(request).orElseThrow();
            this.parser = request.getFhirContext().newJsonParser();
        }

        void send() throws IOException {
            List<Integer> partitions = file.partitions();
            Optional<List<Place>> pseudonymous = gate.pseudonymous(asked, partitions, file.type(), since);
            if (pseudonymous.isPresent()) {
                List<Place> all = pseudonymous.get();
                for (int from = 0; from < all.size(); from += PAGE) {
                    page(all.subList(from, Math.min(all.size(), from + PAGE)));
                }
            } else {
                asTheyLie(partitions);
            }
            if (writer == null) {
                // Nothing of it may be seen any more. That it was asked for is recorded all the same.
                List<@Nullable String> nobody = new ArrayList<>();
                nobody.add(null);
                recorder.sending(request, servletRequest, asked, nobody, file.type());
            }
            IRestfulResponse response = request.getResponse();
            response.commitResponse(open());
        }

        private void asTheyLie(List<Integer> partitions) throws IOException {
            for (int from = 0; from < partitions.size(); from += SLICE) {
                List<Integer> slice = partitions.subList(from, Math.min(partitions.size(), from + SLICE));
                Place last = null;
                List<Place> page;
                do {
                    page = gate.places(slice, file.type(), last, PAGE, since);
                    page(page);
                    last = page.isEmpty() ? null : page.get(page.size() - 1);
                } while (page.size() == PAGE);
            }
        }

        private void page(List<Place> places) throws IOException {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                if (!token.isLive(servletRequest)) {
                    throw ExportRefusal.notFound();
                }
                RequestDetails decided = gate.anew(asked, file.type());
                List<Resource> shown = gate.show(decided, file.type(), places, since);
                if (shown.isEmpty()) {
                    return;
                }
                StringBuilder lines = new StringBuilder();
                shown.forEach(resource ->
                        lines.append(parser.encodeResourceToString(resource)).append('\n'));
                if (recorded(decided)) {
                    Writer open = open();
                    open.append(lines);
                    open.flush();
                    if (open instanceof PrintWriter printer && printer.checkError()) {
                        // A servlet's writer swallows it.
                        throw new IOException("the client has gone");
                    }
                    return;
                }
            }
            throw ExportRefusal.changing();
        }

        /** Whether what was decided is on record and still holds. */
        private boolean recorded(RequestDetails decided) {
            Exchange exchange = Exchange.of(decided).orElseThrow();
            Set<String> patients = new TreeSet<>();
            exchange.shown().stream().map(Touched::patients).forEach(patients::addAll);
            patients.removeAll(recorded);
            List<@Nullable String> unrecorded = new ArrayList<>(patients);
            if (unrecorded.isEmpty() && recorded.isEmpty()) {
                // What belongs to nobody.
                unrecorded.add(null);
            }
            if (unrecorded.isEmpty()) {
                return gate.isCurrent(decided);
            }
            if (!recorder.sending(request, servletRequest, exchange, unrecorded, file.type())) {
                return false;
            }
            unrecorded.forEach(patient -> recorded.add(patient == null ? "" : patient));
            return true;
        }

        /** What a packer held back would leave later than it was decided: each page is packed to its end. */
        private static Writer packed(IRestfulResponse response) throws IOException {
            response.addHeader("Content-Encoding", "gzip");
            return new OutputStreamWriter(
                    new GZIPOutputStream(response.getResponseOutputStream(200, NDJSON, null), BUFFER, true),
                    StandardCharsets.UTF_8);
        }

        private Writer open() throws IOException {
            Writer opened = writer;
            if (opened == null) {
                IRestfulResponse response = request.getResponse();
                response.addHeader("Cache-Control", "no-store");
                response.addHeader("Vary", "Accept-Encoding");
                opened = request.isRespondGzip()
                        ? packed(response)
                        : response.getResponseWriter(200, NDJSON, "UTF-8", false);
                writer = opened;
            }
            return opened;
        }
    }
}
