package org.securemed.card.healthlink;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.card.outbound.StrictJson;
import org.securemed.card.problem.Problem;
import org.securemed.card.qr.CodeTooLargeException;
import org.securemed.card.qr.QrCode;
import org.securemed.card.qr.Recovery;
import org.securemed.card.record.Subject;
import org.securemed.card.server.BridgeProperties;
import org.securemed.card.server.Caller;
import org.securemed.card.share.ShareEvent;
import org.securemed.card.share.ShareEvents;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** {@code /health-links}: patients share parts of their record by links, see who opened them and end them. */
@RestController
@RequestMapping("/health-links")
class HealthLinkController {
    private static final String FHIR = "application/fhir+json";
    private static final int LONGEST_URL = 128;
    private static final int LONGEST_LABEL = 80;
    private static final int MOST_DOCUMENTS = 20;
    private static final int PIXELS_PER_MODULE = 6;

    private final SharedContent content;
    private final HealthLinks links;
    private final ShareEvents events;
    private final HealthLinkProperties properties;
    private final URI base;
    private final Clock clock;

    HealthLinkController(
            SharedContent content,
            HealthLinks links,
            ShareEvents events,
            HealthLinkProperties properties,
            BridgeProperties bridge,
            Clock clock) {
        this.content = content;
        this.links = links;
        this.events = events;
        this.properties = properties;
        this.base = bridge.baseUrl();
        this.clock = clock;
        if (address(LinkAddress.random()).length() > LONGEST_URL) {
            throw new IllegalStateException("securemed.bridge.base-url is too long for health links");
        }
    }

    /**
     * What shall be shared, and how.
     *
     * @param summary whether the International Patient Summary
     * @param documents references of documents
     * @param label up to 80 characters, for the eyes of whoever gets the link
     * @param passcode 6 to 64 printable ASCII characters, told by another way than the link
     * @param lifetime ISO 8601 duration
     * @param singleUse whether it may be opened once only
     * @param direct whether the link leads to the file without a manifest; for one file, without a passcode
     */
    record Order(
            boolean summary,
            @Nullable List<String> documents,
            @Nullable String label,
            @Nullable String passcode,
            @Nullable Duration lifetime,
            boolean singleUse,
            boolean direct) {
        @Override
        public String toString() {
            return "Order";
        }
    }

    /**
     * A new link. It holds the key: it is shown once and not kept.
     *
     * @param id by which it is ended
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Answer(UUID id, Instant expires, String link, Code qr) {
        @Override
        public String toString() {
            return "Answer[" + id + "]";
        }
    }

    /** The link as a code. */
    record Code(int version, String svg, byte[] png) {}

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    Answer create(@RequestBody Order order) {
        Caller caller = Caller.current();
        String patient = Subject.of(caller);
        Instant expires = clock.instant().plus(lifetime(order)).truncatedTo(ChronoUnit.SECONDS);
        require(order);
        LinkKey key = LinkKey.random();
        List<SharedFile> files = bundles(caller.token(), patient, order).stream()
                .map(bundle -> new SharedFile(FHIR, key.encrypt(StrictJson.minified(bundle), FHIR)))
                .toList();
        LinkAddress address = LinkAddress.random();
        UUID id = links.create(
                address,
                new HealthLinks.Draft(
                        patient,
                        order.label(),
                        expires,
                        order.direct(),
                        order.passcode(),
                        properties.passcodeAttempts(),
                        order.singleUse() ? 1 : null),
                files);
        try {
            events.record(
                    new ShareEvent(ShareEvent.Kind.LINK_CREATED, patient, null, "urn:uuid:" + id, clock.instant()));
        } catch (RuntimeException e) {
            links.revoke(patient, id, () -> {});
            throw e;
        }
        String link = link(order, address, key, expires);
        return new Answer(id, expires, link, code(link));
    }

    private List<ObjectNode> bundles(String token, String patient, Order order) {
        List<String> documents = order.documents() == null ? List.of() : order.documents();
        List<ObjectNode> bundles = content.documents(token, patient, documents);
        if (!order.summary()) {
            return bundles;
        }
        return java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(content.summary(token, patient)), bundles.stream())
                .toList();
    }

    private Duration lifetime(Order order) {
        Duration lifetime = order.lifetime() == null ? properties.lifetime() : order.lifetime();
        if (lifetime.isNegative() || lifetime.isZero() || lifetime.compareTo(properties.longestLifetime()) > 0) {
            throw Problem.of(422, "link-lifetime", "Choose a shorter lifetime.");
        }
        return lifetime;
    }

    private static void require(Order order) {
        int documents = order.documents() == null ? 0 : order.documents().size();
        int files = documents + (order.summary() ? 1 : 0);
        if (files == 0
                || documents > MOST_DOCUMENTS
                || order.documents() != null && order.documents().contains(null)) {
            throw Problem.of(422, "link-content", "Share the summary, or 1 to 20 documents.");
        }
        if (order.direct() && (files > 1 || order.passcode() != null)) {
            throw Problem.of(422, "link-direct", "A direct link leads to one file and has no passcode.");
        }
        if (order.label() != null && (order.label().isBlank() || order.label().length() > LONGEST_LABEL)) {
            throw Problem.of(422, "link-label", "A label has 1 to 80 characters.");
        }
        if (order.passcode() != null && !order.passcode().matches("[ -~]{6,64}")) {
            throw Problem.of(422, "link-passcode", "A passcode has 6 to 64 printable ASCII characters.");
        }
    }

    private String address(LinkAddress address) {
        return base + "/shl/" + address.text();
    }

    /** Members in the order of the specification, without white space. */
    private String link(Order order, LinkAddress address, LinkKey key, Instant expires) {
        ObjectNode link = StrictJson.newObject().put("url", address(address)).put("key", key.text());
        link.put("exp", expires.getEpochSecond());
        String flags = (order.passcode() != null ? "P" : "") + (order.direct() ? "U" : "");
        if (!flags.isEmpty()) {
            link.put("flag", flags);
        }
        if (order.label() != null) {
            link.put("label", order.label());
        }
        link.put("v", 1);
        return (properties.viewer() == null ? "" : properties.viewer())
                + "shlink:/"
                + Base64.getUrlEncoder().withoutPadding().encodeToString(StrictJson.minified(link));
    }

    private static Code code(String link) {
        try {
            QrCode code = QrCode.of(link, Recovery.M, QrCode.LARGEST);
            return new Code(
                    code.version(), new String(code.svg(), StandardCharsets.US_ASCII), code.png(PIXELS_PER_MODULE));
        } catch (CodeTooLargeException e) {
            throw new IllegalStateException("a link is longer than its parts allow", e);
        }
    }

    @GetMapping
    List<HealthLinks.Overview> list() {
        return links.of(Subject.of(Caller.current()));
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void revoke(@PathVariable UUID id) {
        String patient = Subject.of(Caller.current());
        ShareEvent event =
                new ShareEvent(ShareEvent.Kind.LINK_REVOKED, patient, null, "urn:uuid:" + id, clock.instant());
        // It ends now, whether or not the ledger can be written now.
        if (!links.revoke(patient, id, () -> events.recordLater(event))) {
            throw Problem.notFound("not-found", "You have no such link that is open.");
        }
    }
}
