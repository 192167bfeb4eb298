package org.securemed.fhir.transparency;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.fhir.smart.Requester;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.log.LogCorruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/**
 * The log over HTTP, read only, below {@link #PREFIX}: what C2SP tlog-tiles names, and beside it receipts, single
 * entries and the public key. Each resource has exactly one address; every other spelling of it is not found.
 *
 * <table>
 *   <caption>Addresses below the prefix</caption>
 *   <tr><td>{@code checkpoint}</td><td>everybody</td><td>newest signed checkpoint</td></tr>
 *   <tr><td>{@code tile/<L>/<N>[.p/<W>]}</td><td>everybody</td><td>hashes</td></tr>
 *   <tr><td>{@code tile/entries/<N>[.p/<W>]}</td><td>auditors</td><td>entry bundle</td></tr>
 *   <tr><td>{@code block/<N>[.p/<W>]}</td><td>auditors</td><td>blocks that end within the bundle at this place</td></tr>
 *   <tr><td>{@code receipt/<index>}</td><td>everybody</td><td>tlog-proof under the newest checkpoint</td></tr>
 *   <tr><td>{@code receipt/<entry id>}</td><td>auditors</td><td>the same</td></tr>
 *   <tr><td>{@code entry/<index>}</td><td>auditors</td><td>the bytes that were hashed</td></tr>
 *   <tr><td>{@code witnesses}</td><td>everybody</td><td>how the witnessing goes, and evidence against this log</td></tr>
 *   <tr><td>{@code log.vkey}</td><td>everybody</td><td>the log's public keys, one a line, the last one signs: to compare with what is known from elsewhere</td></tr>
 * </table>
 */
@RestController
final class LogController {
    /** The log's URL prefix below the server's root. */
    static final String PREFIX = "/ledger";

    private static final Logger log = LoggerFactory.getLogger(LogController.class);
    private static final Pattern INDEX = Pattern.compile("0|[1-9][0-9]{0,17}");

    private final PublishedLog published;
    private final ProblemWriter problems;

    LogController(PublishedLog published, ProblemWriter problems) {
        this.published = published;
        this.problems = problems;
    }

    @GetMapping(PREFIX + "/checkpoint")
    ResponseEntity<byte[]> checkpoint(HttpServletRequest request) {
        requireAddress(request, "/checkpoint");
        return published.checkpoint().map(PublishedAnswer::passing).orElseThrow(LogController::nothing);
    }

    @GetMapping(PREFIX + "/log.vkey")
    ResponseEntity<byte[]> key(HttpServletRequest request) {
        requireAddress(request, "/log.vkey");
        return PublishedAnswer.passing(published.keys());
    }

    @GetMapping(PREFIX + "/witnesses")
    ResponseEntity<WitnessView> witnesses(HttpServletRequest request) {
        requireAddress(request, "/witnesses");
        return ResponseEntity.ok().cacheControl(CacheControl.noStore()).body(published.witnesses());
    }

    @GetMapping(PREFIX + "/tile/**")
    ResponseEntity<byte[]> tile(
            HttpServletRequest request,
            @Nullable Authentication caller,
            @RequestHeader(name = HttpHeaders.ACCEPT_ENCODING, required = false) @Nullable String encodings) {
        TilePath path = place(request, TilePath::parse);
        if (path.level() == TilePath.ENTRIES) {
            Auditors.require(Requester.from(caller));
        }
        byte[] bytes = published.tile(path).orElseThrow(LogController::nothing);
        return path.level() == TilePath.ENTRIES
                ? PublishedAnswer.lastingFor(bytes, encodings)
                : PublishedAnswer.lasting(bytes);
    }

    @GetMapping(PREFIX + "/block/**")
    ResponseEntity<byte[]> blocks(
            HttpServletRequest request,
            @Nullable Authentication caller,
            @RequestHeader(name = HttpHeaders.ACCEPT_ENCODING, required = false) @Nullable String encodings) {
        TilePath path = place(request, FilePaths::parseBlocks);
        Auditors.require(Requester.from(caller));
        byte[] bytes = published.blocks(path).orElseThrow(LogController::nothing);
        return PublishedAnswer.lastingFor(bytes, encodings);
    }

    @GetMapping(PREFIX + "/receipt/{entry}")
    ResponseEntity<byte[]> receipt(
            HttpServletRequest request, @PathVariable String entry, @Nullable Authentication caller) {
        requireAddress(request, "/receipt/" + entry);
        Optional<byte[]> receipt;
        if (INDEX.matcher(entry).matches()) {
            receipt = published.receipt(Long.parseLong(entry));
        } else {
            // An id could tell somebody that an entry exists; an index tells nothing that the tiles do not.
            Auditors.require(Requester.from(caller));
            receipt = published.receipt(id(entry));
        }
        return receipt.map(PublishedAnswer::passing).orElseThrow(LogController::nothing);
    }

    @GetMapping(PREFIX + "/entry/{index}")
    ResponseEntity<byte[]> entry(
            HttpServletRequest request,
            @PathVariable String index,
            @Nullable Authentication caller,
            @RequestHeader(name = HttpHeaders.ACCEPT_ENCODING, required = false) @Nullable String encodings) {
        requireAddress(request, "/entry/" + index);
        Auditors.require(Requester.from(caller));
        if (!INDEX.matcher(index).matches()) {
            throw nothing();
        }
        byte[] bytes = published.entry(Long.parseLong(index)).orElseThrow(LogController::nothing);
        return PublishedAnswer.lastingFor(bytes, encodings);
    }

    @ExceptionHandler
    void answer(Problem problem, HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (problem.status() == 401) {
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        problems.write(request, response, problem);
    }

    @ExceptionHandler
    void answer(LogCorruptException corrupt, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        log.atError().setCause(corrupt).log("the log is not what was signed");
        problems.write(request, response, Problem.internal());
    }

    private static TilePath place(HttpServletRequest request, Form form) {
        try {
            String prefix = request.getContextPath() + PREFIX + "/";
            String uri = request.getRequestURI();
            if (request.getQueryString() != null || !uri.startsWith(prefix)) {
                throw nothing();
            }
            return form.parse(uri.substring(prefix.length()));
        } catch (NoteException e) {
            throw nothing();
        }
    }

    private static UUID id(String text) {
        try {
            UUID id = UUID.fromString(text);
            if (!id.toString().equals(text)) {
                throw nothing();
            }
            return id;
        } catch (IllegalArgumentException e) {
            throw nothing();
        }
    }

    /** A cache in between must not be filled with many names of one thing. */
    private static void requireAddress(HttpServletRequest request, String path) {
        if (request.getQueryString() != null
                || !request.getRequestURI().equals(request.getContextPath() + PREFIX + path)) {
            throw nothing();
        }
    }

    /** The one form of an address below the prefix. */
    private interface Form {
        TilePath parse(String path) throws NoteException;
    }

    private static Problem nothing() {
        return Problem.notFound("not-found", "The log has nothing at this address, or not yet.");
    }
}
