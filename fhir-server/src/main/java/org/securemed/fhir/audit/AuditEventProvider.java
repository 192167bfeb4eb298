package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.annotation.Create;
import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Read;
import ca.uhn.fhir.rest.annotation.ResourceParam;
import ca.uhn.fhir.rest.annotation.Search;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.IResourceProvider;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Touched;

/**
 * AuditEvent read, search and create: read and found in the ledger (IHE ITI-81), for compliance staff, and for patients
 * and their representatives about the patient; taken from anybody who may write (ITI-20). There is no update and no
 * delete.
 */
public final class AuditEventProvider implements IResourceProvider {
    private static final String PATIENT = "Patient/";

    private final AuditEventStore store;
    private final Evidence evidence;
    private final StoredResources resources;
    private final AuditSubjects subjects;
    private final String baseUrl;

    AuditEventProvider(
            AuditEventStore store,
            Evidence evidence,
            StoredResources resources,
            AuditSubjects subjects,
            String baseUrl) {
        this.store = store;
        this.evidence = evidence;
        this.resources = resources;
        this.subjects = subjects;
        this.baseUrl = baseUrl;
    }

    @Override
    public Class<? extends IBaseResource> getResourceType() {
        return AuditEvent.class;
    }

    /** The event, if the requester may see it; otherwise it does not exist. */
    @Read
    public AuditEvent read(@IdParam IdType id, RequestDetails request) {
        AuditEventStore.Found found = store.read(id.getIdPart())
                .filter(AuditScope.of(request, subjects)::maySee)
                .orElseThrow(() -> AuditRefusal.notKnown("AuditEvent/" + id.getIdPart()));
        show(found, request);
        return found.event();
    }

    /** Keeps an event of another system as what it said. */
    @Create
    public MethodOutcome create(@ResourceParam AuditEvent event, RequestDetails request) {
        String id = evidence.take(event, request);
        return new MethodOutcome(new IdType("AuditEvent", id), true);
    }

    /**
     * Events in the order of their times. Patients find those about themselves, representatives those about the patient
     * for whom they act, whatever they ask for.
     */
    @Search(allowUnknownParams = true)
    public Bundle search(RequestDetails request) {
        EventSearch search = EventSearch.parse(request.getParameters());
        AuditScope scope = AuditScope.of(request, subjects);
        Optional<Set<String>> patients = scope.patients(asked(search, scope));
        patients.ifPresent(known -> name(known, request));
        Bundle bundle = new Bundle();
        bundle.setType(Bundle.BundleType.SEARCHSET);
        bundle.addLink().setRelation("self").setUrl(link(request, null));
        if (search.total()) {
            (patients.isEmpty() ? OptionalLong.of(0) : count(search, scope, patients.get()))
                    .ifPresent(total -> NoGuessedTotal.set(bundle, (int) total));
        }
        if (patients.isPresent() && search.count() > 0) {
            AuditEventStore.Page page = page(search, scope, patients.get());
            page.next().ifPresent(next -> bundle.addLink().setRelation("next").setUrl(link(request, next)));
            page.events().forEach(found -> {
                show(found, request);
                add(bundle, found.event(), Bundle.SearchEntryMode.MATCH);
            });
            include(bundle, search, page, request);
        }
        return bundle;
    }

    /** The patients that are asked for, by reference and by identifier. */
    private List<Set<String>> asked(EventSearch search, AuditScope scope) {
        List<Set<String>> asked = new ArrayList<>();
        search.patients()
                .forEach(
                        values -> asked.add(values.stream().map(this::patientId).collect(Collectors.toSet())));
        search.patientIdentifiers().forEach(values -> {
            Set<String> found = new TreeSet<>();
            values.forEach(value -> found.addAll(resources.patientsWith(value)));
            found.removeIf(patient -> !scope.mayKnow(patient));
            asked.add(found);
        });
        return asked;
    }

    private String patientId(String value) {
        String relative = value.startsWith(baseUrl + "/") ? value.substring(baseUrl.length() + 1) : value;
        return relative.startsWith(PATIENT) ? relative.substring(PATIENT.length()) : relative;
    }

    private void name(Set<String> patients, RequestDetails request) {
        Exchange.of(request)
                .ifPresent(exchange -> patients.stream().filter(store::knows).forEach(exchange::name));
    }

    private OptionalLong count(EventSearch search, AuditScope scope, Set<String> patients) {
        return search.ids().isEmpty()
                ? store.count(search, patients)
                : OptionalLong.of(byId(search, scope, patients).size());
    }

    private AuditEventStore.Page page(EventSearch search, AuditScope scope, Set<String> patients) {
        return search.ids().isEmpty()
                ? store.search(search, patients)
                : new AuditEventStore.Page(
                        byId(search, scope, patients).stream()
                                .limit(search.count())
                                .toList(),
                        Optional.empty());
    }

    private List<AuditEventStore.Found> byId(EventSearch search, AuditScope scope, Set<String> patients) {
        return search.ids().stream()
                .flatMap(id -> store.read(id).stream())
                .filter(scope::maySee)
                .filter(found -> patients.isEmpty()
                        || found.patient() != null
                                && patients.contains(found.patient().substring(PATIENT.length())))
                .filter(found -> search.filter().test(found.event()))
                .toList();
    }

    private static void show(AuditEventStore.Found found, RequestDetails request) {
        String patient = found.patient();
        Set<String> patients = patient == null ? Set.of() : Set.of(patient.substring(PATIENT.length()));
        Exchange.of(request)
                .ifPresent(exchange -> exchange.show(
                        new Touched("AuditEvent", found.event().getIdElement().getIdPart(), null, patients)));
    }

    private void include(Bundle bundle, EventSearch search, AuditEventStore.Page page, RequestDetails request) {
        Set<String> references = new TreeSet<>();
        for (AuditEventStore.Found found : page.events()) {
            AuditEvent event = found.event();
            if (search.includes().contains("patient") && found.patient() != null) {
                references.add(found.patient());
            }
            if (search.includes().contains("agent")) {
                event.getAgent().forEach(agent -> addTo(references, agent.getWho()));
            }
            if (search.includes().contains("entity")) {
                event.getEntity().forEach(entity -> addTo(references, entity.getWhat()));
            }
            if (search.includes().contains("source")) {
                addTo(references, event.getSource().getObserver());
            }
        }
        if (!references.isEmpty()) {
            resources
                    .visible(references, request)
                    .forEach(resource -> add(bundle, resource, Bundle.SearchEntryMode.INCLUDE));
        }
    }

    private static void addTo(Set<String> references, Reference reference) {
        IdType id = new IdType(reference.getReference());
        if (id.hasResourceType() && id.hasIdPart() && !id.isAbsolute()) {
            references.add(id.getResourceType() + "/" + id.getIdPart());
        }
    }

    private void add(Bundle bundle, Resource resource, Bundle.SearchEntryMode mode) {
        Bundle.BundleEntryComponent entry = bundle.addEntry();
        entry.setFullUrl(baseUrl + "/" + resource.fhirType() + "/"
                + resource.getIdElement().getIdPart());
        entry.setResource(resource);
        entry.getSearch().setMode(mode);
    }

    private String link(RequestDetails request, @Nullable EventCursor next) {
        StringJoiner parameters = new StringJoiner("&", "?", "").setEmptyValue("");
        request.getParameters().forEach((name, values) -> {
            for (String value : values) {
                if (next == null || !name.equals(EventSearch.CURSOR)) {
                    parameters.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
                }
            }
        });
        if (next != null) {
            parameters.add(EventSearch.CURSOR + "=" + next);
        }
        return baseUrl + "/AuditEvent" + parameters;
    }
}
