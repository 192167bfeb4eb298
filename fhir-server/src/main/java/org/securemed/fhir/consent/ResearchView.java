package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.ResponseDetails;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Touched;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.PartitionContents.Place;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.research.Deidentification;
import org.securemed.fhir.research.StudyKey;
import org.securemed.fhir.research.StudyKeys;
import org.securemed.fhir.smart.Requester;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * What research sees. On the way in the pseudonyms of a request become the ids of this server, so that gate, search and
 * record work on what is stored; on the way out each resource becomes its {@linkplain Deidentification view}. Whatever
 * leaves under a research purpose and was not made here is not sent.
 */
@Interceptor
public final class ResearchView {
    private static final String SENT = ResearchView.class.getName();
    private static final int BEFORE_THE_RECORDER = AuditRecorder.LAST - 1;

    private final ResearchRules rules;
    private final StudyKeys keys;
    private final Deidentification deidentification;
    private final OwnerIndex index;
    private final String baseUrl;

    /** The request as it was sent. */
    private record Sent(@Nullable String id, Map<String, String[]> parameters) {}

    ResearchView(
            ResearchRules rules, StudyKeys keys, Deidentification deidentification, OwnerIndex index, String baseUrl) {
        this.rules = rules;
        this.keys = keys;
        this.deidentification = deidentification;
        this.index = index;
        this.baseUrl = baseUrl;
    }

    /** Refuses what research may not ask, and puts ids in the place of pseudonyms. */
    @Hook(Pointcut.SERVER_INCOMING_REQUEST_POST_PROCESSED)
    public void enter(RequestDetails request) {
        Optional<Exchange> exchange = researching(request);
        if (exchange.isEmpty()) {
            return;
        }
        request.getUserData()
                .put(
                        SENT,
                        new Sent(
                                request.getId() == null ? null : request.getId().getIdPart(),
                                new LinkedHashMap<>(request.getParameters())));
        rules.check(exchange.get().requester(), request);
        if (request.getRestOperationType() == RestOperationTypeEnum.METADATA) {
            return;
        }
        StudyKey key = key(exchange.get());
        String type = request.getResourceName();
        if (request.getId() != null) {
            request.setId(new IdType(type, original(key, type, request.getId().getIdPart())));
        }
        Map<String, String[]> parameters = new LinkedHashMap<>();
        request.getParameters().forEach((name, values) -> parameters.put(name, originals(key, type, name, values)));
        request.setParameters(parameters);
    }

    private String[] originals(StudyKey key, String type, String name, String[] values) {
        String[] originals = values.clone();
        for (int i = 0; i < values.length; i++) {
            if (name.equals("_id")) {
                originals[i] = originals(key, type, values[i], "");
            } else if (ResearchRules.isReference(name)) {
                String target = name.startsWith("encounter") ? "Encounter" : "Patient";
                originals[i] = originals(key, target, values[i], name.indexOf(':') < 0 ? target + "/" : "");
            }
        }
        return originals;
    }

    private String originals(StudyKey key, String type, String value, String prefix) {
        StringJoiner ids = new StringJoiner(",");
        for (String one : value.split(",", -1)) {
            String pseudonym = one.startsWith(baseUrl + "/") ? one.substring(baseUrl.length() + 1) : one;
            ids.add(prefix
                    + original(
                            key,
                            type,
                            pseudonym.startsWith(type + "/") ? pseudonym.substring(type.length() + 1) : pseudonym));
        }
        return ids.toString();
    }

    /** The id that a pseudonym stands for; one that was never assigned if it stands for none of that type. */
    private String original(StudyKey key, String type, String pseudonym) {
        OptionalLong number = key.number(pseudonym);
        String reference = number.isPresent()
                ? index.references(List.of(number.getAsLong())).get(number.getAsLong())
                : null;
        return reference != null && reference.startsWith(type + "/")
                ? reference.substring(type.length() + 1)
                : UUID.randomUUID().toString();
    }

    /** Puts the view in the place of the answer. */
    @Hook(value = Pointcut.SERVER_OUTGOING_RESPONSE, order = BEFORE_THE_RECORDER)
    public void leave(RequestDetails request, ResponseDetails response) {
        Optional<Exchange> exchange = researching(request);
        if (exchange.isEmpty() || request.getRestOperationType() == RestOperationTypeEnum.METADATA) {
            return;
        }
        if (response.getResponseResource() == null && ResearchRules.isExport(request)) {
            // It answers by itself, with views.
            return;
        }
        if (!(request.getUserData().get(SENT) instanceof Sent sent)
                || !(response.getResponseResource() instanceof Resource answer)) {
            throw Problem.internal();
        }
        response.setResponseResource(
                answer instanceof Bundle bundle
                        ? bundle(exchange.get(), request, sent, bundle)
                        : views(exchange.get(), List.of(answer)).get(0));
    }

    private Bundle bundle(Exchange exchange, RequestDetails request, Sent sent, Bundle answer) {
        Bundle bundle = new Bundle().setType(answer.getType());
        bundle.setId(UUID.randomUUID().toString());
        if (answer.hasTotal()) {
            bundle.setTotal(answer.getTotal());
        }
        answer.getMeta()
                .getSecurity()
                .forEach(label -> bundle.getMeta().addSecurity(label.getSystem(), label.getCode(), null));
        for (Bundle.BundleLinkComponent link : answer.getLink()) {
            bundle.addLink().setRelation(link.getRelation()).setUrl(link(request, sent, link));
        }
        List<Bundle.BundleEntryComponent> matches = answer.getEntry().stream()
                .filter(entry -> entry.hasResource() && !(entry.getResource() instanceof OperationOutcome))
                .toList();
        List<Resource> views = views(
                exchange,
                matches.stream().map(Bundle.BundleEntryComponent::getResource).toList());
        List<Bundle.BundleEntryComponent> entries = new ArrayList<>();
        for (int i = 0; i < views.size(); i++) {
            Bundle.BundleEntryComponent entry = new Bundle.BundleEntryComponent();
            entry.setFullUrl(baseUrl + "/" + views.get(i).getIdElement().getValue());
            entry.setResource(views.get(i));
            entry.getSearch().setMode(matches.get(i).getSearch().getMode());
            entries.add(entry);
        }
        // The order of what is stored would tell of the ids.
        entries.sort(Comparator.comparing(Bundle.BundleEntryComponent::getFullUrl));
        entries.forEach(bundle::addEntry);
        return bundle;
    }

    /** The request as it was sent, at another page. */
    private String link(RequestDetails request, Sent sent, Bundle.BundleLinkComponent link) {
        Map<String, String[]> parameters = new LinkedHashMap<>(sent.parameters());
        if (!"self".equals(link.getRelation())) {
            var page = UriComponentsBuilder.fromUriString(link.getUrl()).build().getQueryParams();
            for (String name : List.of(Constants.PARAM_COUNT, Constants.PARAM_OFFSET)) {
                String value = page.getFirst(name);
                if (value != null) {
                    parameters.put(name, new String[] {value});
                }
            }
        }
        StringJoiner query = new StringJoiner("&", "?", "").setEmptyValue("");
        parameters.forEach((name, values) -> {
            for (String value : values) {
                query.add(URLEncoder.encode(name, StandardCharsets.UTF_8) + "="
                        + URLEncoder.encode(value, StandardCharsets.UTF_8));
            }
        });
        return baseUrl + "/" + request.getResourceName() + query;
    }

    /** The views of resources that the exchange shows, in their order. */
    List<Resource> views(Exchange exchange, List<Resource> resources) {
        StudyKey key = key(exchange);
        Map<String, Touched> shown = new HashMap<>();
        exchange.shown().forEach(touched -> shown.put(touched.type() + "/" + touched.id(), touched));
        Set<String> references = new LinkedHashSet<>();
        for (Resource resource : resources) {
            references.add(name(resource));
            for (Reference reference : deidentification.references(resource)) {
                Deidentification.local(reference, baseUrl).ifPresent(references::add);
            }
        }
        Map<String, Long> numbers = index.keys(references);
        List<Resource> views = new ArrayList<>();
        for (Resource resource : resources) {
            Touched touched = shown.get(name(resource));
            Long number = numbers.get(name(resource));
            if (touched == null || number == null) {
                // Nobody has decided on it, or nobody has stored it.
                throw Problem.internal();
            }
            Duration earlier = touched.patients().isEmpty() ? null : key.shift(touched.patients());
            views.add(deidentification.of(
                    resource,
                    new Deidentification.Stand(key.pseudonym(number), earlier, other -> pseudonym(key, numbers, other)),
                    baseUrl));
        }
        return views;
    }

    private static @Nullable String pseudonym(StudyKey key, Map<String, Long> numbers, @Nullable String reference) {
        Long number = reference == null ? null : numbers.get(reference);
        return number == null || reference == null
                ? null
                : reference.substring(0, reference.indexOf('/') + 1) + key.pseudonym(number);
    }

    private static String name(Resource resource) {
        return resource.fhirType() + "/" + resource.getIdElement().getIdPart();
    }

    /** Whether a type is offered to this requester, by rules that depend on the requester alone. */
    boolean offers(Requester requester, String type) {
        return rules.offers(requester, type);
    }

    /**
     * References in the order of their pseudonyms, because that of what is stored would tell of ids; the same in every
     * export for a study.
     */
    List<Place> inOrder(Exchange exchange, List<Place> places) {
        StudyKey key = key(exchange);
        Map<String, Long> numbers =
                index.keys(places.stream().map(Place::reference).toList());
        Map<String, String> pseudonyms = new HashMap<>();
        numbers.forEach((reference, number) -> pseudonyms.put(reference, key.pseudonym(number)));
        return places.stream()
                .filter(place -> pseudonyms.containsKey(place.reference()))
                .sorted(Comparator.comparing(place -> Objects.requireNonNull(pseudonyms.get(place.reference()))))
                .toList();
    }

    /** HAPI's errors speak of ids; ours are fixed texts. Null leaves an error to {@link ErrorTexts}. */
    @Hook(value = Pointcut.SERVER_PRE_PROCESS_OUTGOING_EXCEPTION, order = -1)
    public @Nullable BaseServerResponseException fail(RequestDetails request, Throwable thrown) {
        if (request == null
                || researching(request).isEmpty()
                || !(thrown instanceof BaseServerResponseException known)
                || known.getStatusCode() >= 500
                || ErrorTexts.isOurs(known.getOperationOutcome())) {
            return null;
        }
        int status = known.getStatusCode();
        boolean absent = status == Constants.STATUS_HTTP_404_NOT_FOUND || status == Constants.STATUS_HTTP_410_GONE;
        if (absent && request.getUserData().get(SENT) instanceof Sent sent && sent.id() != null) {
            return Refusal.notKnown(request.getResourceName(), sent.id());
        }
        return BaseServerResponseException.newInstance(status, "This cannot be answered under a research purpose.");
    }

    private StudyKey key(Exchange exchange) {
        return exchange.requester()
                .researchStudy()
                .flatMap(keys::of)
                .orElseThrow(() -> Refusal.notOffered("This server offers no view for research."));
    }

    private static Optional<Exchange> researching(RequestDetails request) {
        return Exchange.of(request).filter(exchange -> exchange.requester().isForResearch());
    }
}
