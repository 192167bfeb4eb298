package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.OptionalParam;
import ca.uhn.fhir.rest.annotation.Read;
import ca.uhn.fhir.rest.annotation.Search;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.param.DateRangeParam;
import ca.uhn.fhir.rest.param.ReferenceParam;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.server.IResourceProvider;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.stream.Collectors;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.IdType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;

/**
 * AuditEvent read and search, answered from the ledger (IHE ITI-81): for compliance staff, and for patients about
 * themselves. What others report comes in by {@link AuditEventIntake}; there is no update and no delete.
 */
public final class AuditEventProvider implements IResourceProvider {
    private static final int DEFAULT_COUNT = 20;
    private static final int MOST = 200;

    /** Our own paging parameter: the ledger index below which a page begins, so that new events move nothing. */
    private static final String BEFORE = "_before";

    private static final Set<String> KNOWN = Set.of(
            "_id",
            "patient",
            "date",
            "agent",
            "entity",
            "subtype",
            "action",
            "outcome",
            "_count",
            "_format",
            "_pretty",
            "_summary",
            "_elements",
            "_sort",
            BEFORE);

    private final AuditEventStore store;
    private final String baseUrl;

    AuditEventProvider(AuditEventStore store, String baseUrl) {
        this.store = store;
        this.baseUrl = baseUrl;
    }

    @Override
    public Class<? extends IBaseResource> getResourceType() {
        return AuditEvent.class;
    }

    /** The event, if the requester may see it; otherwise it does not exist. */
    @Read
    public AuditEvent read(@IdParam IdType id, RequestDetails request) {
        Requester requester = requester(request);
        return find(id.getIdPart(), requester)
                .orElseThrow(() -> new ResourceNotFoundException(
                        "HAPI-2001: Resource AuditEvent/" + id.getIdPart() + " is not known"));
    }

    /** Events, newest first. Patients find those about themselves, whatever they ask for. */
    @Search(allowUnknownParams = true)
    public Bundle search(
            @OptionalParam(name = "_id") @Nullable TokenParam id,
            @OptionalParam(name = AuditEvent.SP_PATIENT) @Nullable ReferenceParam patient,
            @OptionalParam(name = AuditEvent.SP_DATE) @Nullable DateRangeParam date,
            @OptionalParam(name = AuditEvent.SP_AGENT) @Nullable ReferenceParam agent,
            @OptionalParam(name = AuditEvent.SP_ENTITY) @Nullable ReferenceParam entity,
            @OptionalParam(name = AuditEvent.SP_SUBTYPE) @Nullable TokenOrListParam subtype,
            @OptionalParam(name = AuditEvent.SP_ACTION) @Nullable TokenOrListParam action,
            @OptionalParam(name = AuditEvent.SP_OUTCOME) @Nullable TokenOrListParam outcome,
            RequestDetails request) {
        requireKnown(request.getParameters().keySet());
        Requester requester = requester(request);
        if (id != null) {
            List<AuditEvent> found =
                    find(id.getValue(), requester).map(List::of).orElse(List.of());
            return bundle(request, new AuditEventStore.Page(found, Optional.empty()));
        }
        String asked = patient == null ? null : patient.getIdPart();
        String about = requester.is(Role.COMPLIANCE) || requester.is(Role.SYSTEM) ? asked : ownPatient(requester);
        if (asked != null && !asked.equals(about)) {
            return bundle(request, new AuditEventStore.Page(List.of(), Optional.empty()));
        }
        Exchange.of(request).ifPresent(exchange -> {
            if (about != null && store.knows(about)) {
                exchange.name(about);
            }
        });
        Date from = date == null ? null : date.getLowerBoundAsInstant();
        Date until = date == null ? null : date.getUpperBoundAsInstant();
        AuditEventQuery query = new AuditEventQuery(
                about,
                from == null ? null : from.toInstant(),
                until == null ? null : until.toInstant().plusMillis(1),
                reference(agent),
                reference(entity),
                codes(subtype),
                codes(action),
                codes(outcome));
        return bundle(request, store.search(query, before(request), count(request)));
    }

    private Optional<AuditEvent> find(String id, Requester requester) {
        UUID uuid;
        try {
            uuid = UUID.fromString(id);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        boolean everything = requester.is(Role.COMPLIANCE) || requester.is(Role.SYSTEM);
        return store.read(uuid)
                .filter(found -> everything || ("Patient/" + ownPatient(requester)).equals(found.patient()))
                .map(AuditEventStore.Found::event);
    }

    private static Requester requester(RequestDetails request) {
        return Exchange.of(request).map(Exchange::requester).orElse(Requester.anonymous());
    }

    private static String ownPatient(Requester requester) {
        return requester
                .user()
                .filter(user -> user.startsWith("Patient/"))
                .map(user -> user.substring("Patient/".length()))
                .orElse("");
    }

    private static void requireKnown(Set<String> parameters) {
        for (String parameter : parameters) {
            if (!KNOWN.contains(parameter.split("[:.]", 2)[0])) {
                throw new InvalidRequestException("Unknown search parameter for AuditEvent. Known: "
                        + KNOWN.stream().sorted().collect(Collectors.joining(", ")));
            }
        }
    }

    private static @Nullable String reference(@Nullable ReferenceParam parameter) {
        if (parameter == null) {
            return null;
        }
        String type = parameter.getResourceType();
        return type == null ? parameter.getValue() : type + "/" + parameter.getIdPart();
    }

    private static Set<String> codes(@Nullable TokenOrListParam parameter) {
        return parameter == null
                ? Set.of()
                : parameter.getValuesAsQueryTokens().stream()
                        .map(TokenParam::getValue)
                        .collect(Collectors.toSet());
    }

    private static int count(RequestDetails request) {
        String value = single(request.getParameters(), "_count");
        return value == null ? DEFAULT_COUNT : (int) Math.min(MOST, Math.max(1, number(value)));
    }

    private static long before(RequestDetails request) {
        String value = single(request.getParameters(), BEFORE);
        return value == null ? Long.MAX_VALUE : number(value);
    }

    private static long number(String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new InvalidRequestException("A number was expected.");
        }
    }

    private static @Nullable String single(Map<String, String[]> parameters, String name) {
        String[] values = parameters.get(name);
        return values == null || values.length == 0 ? null : values[0];
    }

    private Bundle bundle(RequestDetails request, AuditEventStore.Page page) {
        Bundle bundle = new Bundle();
        bundle.setType(Bundle.BundleType.SEARCHSET);
        bundle.addLink().setRelation("self").setUrl(link(request, null));
        page.next().ifPresent(next -> bundle.addLink().setRelation("next").setUrl(link(request, next)));
        List<Bundle.BundleEntryComponent> entries = new ArrayList<>();
        for (AuditEvent event : page.events()) {
            Bundle.BundleEntryComponent entry = new Bundle.BundleEntryComponent();
            entry.setFullUrl(baseUrl + "/AuditEvent/" + event.getIdElement().getIdPart());
            entry.setResource(event);
            entry.getSearch().setMode(Bundle.SearchEntryMode.MATCH);
            entries.add(entry);
        }
        bundle.setEntry(entries);
        return bundle;
    }

    private String link(RequestDetails request, @Nullable Long next) {
        StringJoiner parameters = new StringJoiner("&", "?", "").setEmptyValue("");
        request.getParameters().forEach((name, values) -> {
            for (String value : values) {
                if (next == null || !name.equals(BEFORE)) {
                    parameters.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
                }
            }
        });
        if (next != null) {
            parameters.add(BEFORE + "=" + next);
        }
        return baseUrl + "/AuditEvent" + parameters;
    }
}
