package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.util.UrlUtil;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.Bundle.BundleEntryComponent;
import org.hl7.fhir.r4.model.Bundle.BundleEntryResponseComponent;
import org.hl7.fhir.r4.model.Bundle.HTTPVerb;
import org.hl7.fhir.r4.model.IdType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;

/**
 * A batch or transaction that was answered is recorded entry by entry, each as the interaction that it is. What was
 * written has its entries already; here are the reads, the failures, and the writes that had nothing to change.
 */
final class BundleEntryRecords {
    private static final int MINOR_FAILURE = 4;
    private static final int SERIOUS_FAILURE = 8;

    private final InteractionEntries interactions;

    BundleEntryRecords(InteractionEntries interactions) {
        this.interactions = interactions;
    }

    /**
     * The entries that are still to be recorded.
     *
     * @param facts of the request that brought the Bundle
     */
    List<Entry> entries(Exchange exchange, RequestFacts facts, Bundle asked, Bundle answered) {
        Map<RequestDetails, Exchange> parts = exchange.parts();
        Set<String> written = exchange.written();
        List<Entry> made = new ArrayList<>();
        for (int i = 0; i < asked.getEntry().size(); i++) {
            BundleEntryComponent entry = asked.getEntry().get(i);
            BundleEntryResponseComponent response = i < answered.getEntry().size()
                    ? answered.getEntry().get(i).getResponse()
                    : new BundleEntryResponseComponent();
            int status = status(response);
            if (entry.getRequest().getMethod() == HTTPVerb.GET) {
                made.addAll(read(exchange, facts, entry, parts, status));
            } else if (status >= 400 || !isRecorded(entry, response, written)) {
                made.addAll(unwritten(exchange, facts, entry, response, status));
            }
        }
        return made.isEmpty() && written.isEmpty() ? interactions.entries(exchange, facts, 200, 0) : made;
    }

    private List<Entry> read(
            Exchange exchange,
            RequestFacts facts,
            BundleEntryComponent entry,
            Map<RequestDetails, Exchange> parts,
            int status) {
        String url = String.valueOf(entry.getRequest().getUrl());
        Optional<RequestDetails> request =
                parts.keySet().stream().filter(part -> isFor(part, url)).findFirst();
        if (request.isEmpty()) {
            RequestFacts own = facts.entry(new Op("request"), null, null, "GET", url);
            return interactions.failed(Exchange.partOf(exchange), null, own, status, outcome(status));
        }
        Exchange part = Objects.requireNonNull(parts.remove(request.get()));
        RequestFacts own = RequestFacts.of(request.get());
        return outcome(status) == 0
                ? interactions.entries(part, own, status, 0)
                : interactions.failed(part, null, own, status, outcome(status));
    }

    private List<Entry> unwritten(
            Exchange exchange,
            RequestFacts facts,
            BundleEntryComponent entry,
            BundleEntryResponseComponent response,
            int status) {
        String url = String.valueOf(entry.getRequest().getUrl());
        HTTPVerb verb = entry.getRequest().getMethod();
        IdType addressed = new IdType(path(url));
        IdType answered = new IdType(response.getLocation());
        boolean located = outcome(status) == 0 && answered.hasIdPart();
        RequestFacts own = facts.entry(
                op(verb),
                located ? answered.getResourceType() : type(url, addressed),
                located ? answered.getIdPart() : addressed.getIdPart(),
                verb == null ? "?" : verb.toCode(),
                url);
        Exchange part = Exchange.partOf(exchange);
        if (outcome(status) != 0) {
            return interactions.failed(part, entry.getResource(), own, status, outcome(status));
        }
        return interactions.unchanged(part, own, located ? answered.getVersionIdPart() : null, status);
    }

    /** Whether a write that succeeded is among those that were recorded with it. */
    private static boolean isRecorded(
            BundleEntryComponent entry, BundleEntryResponseComponent response, Set<String> written) {
        if (response.hasLocation()) {
            return written.contains(
                    new IdType(response.getLocation()).toUnqualified().getValue());
        }
        String url = String.valueOf(entry.getRequest().getUrl());
        int query = url.indexOf('?');
        return query < 0
                ? written.contains(path(url))
                : written.stream().anyMatch(reference -> reference.startsWith(path(url) + "/"));
    }

    private static boolean isFor(RequestDetails part, String url) {
        return path(url).equals(part.getRequestPath()) && parameters(url).equals(parameters(part));
    }

    private static Map<String, List<String>> parameters(RequestDetails part) {
        Map<String, List<String>> parameters = new HashMap<>();
        part.getParameters().forEach((name, values) -> parameters.put(name, sorted(values)));
        return parameters;
    }

    private static Map<String, List<String>> parameters(String url) {
        Map<String, List<String>> parameters = new HashMap<>();
        int query = url.indexOf('?');
        if (query >= 0) {
            UrlUtil.parseQueryString(url.substring(query))
                    .forEach((name, values) -> parameters.put(name, sorted(values)));
        }
        return parameters;
    }

    private static List<String> sorted(String[] values) {
        return Arrays.stream(values).sorted().toList();
    }

    private static String path(String url) {
        int query = url.indexOf('?');
        String path = query < 0 ? url : url.substring(0, query);
        return path.startsWith("/") ? path.substring(1) : path;
    }

    private static @Nullable String type(String url, IdType addressed) {
        return addressed.hasResourceType()
                ? addressed.getResourceType()
                : path(url).isEmpty() ? null : path(url);
    }

    private static Op op(@Nullable HTTPVerb verb) {
        if (verb == null) {
            return new Op("request");
        }
        return switch (verb) {
            case POST -> Op.CREATE;
            case PUT -> Op.UPDATE;
            case PATCH -> Op.PATCH;
            case DELETE -> Op.DELETE;
            default -> new Op("request");
        };
    }

    private static int status(BundleEntryResponseComponent response) {
        String status = response.getStatus();
        return status != null && status.matches("[1-5][0-9][0-9].*") ? Integer.parseInt(status.substring(0, 3)) : 500;
    }

    private static int outcome(int status) {
        return status < 400 ? 0 : status < 500 ? MINOR_FAILURE : SERIOUS_FAILURE;
    }
}
