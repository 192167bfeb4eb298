package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.jpa.searchparam.matcher.InMemoryResourceMatcher;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.param.DateRangeParam;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.server.RestfulServer;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Group;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Access;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.owner.PartitionContents;
import org.securemed.fhir.owner.PartitionContents.Held;
import org.securemed.fhir.owner.PartitionContents.Place;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.Requester;
import org.springframework.beans.factory.ObjectProvider;

/**
 * The gate for those who look at many patients, part by part: each part is decided by itself, at its own time, by the
 * same rules as every search. Thread-safe.
 */
public final class PopulationGate {
    private static final int PAGE = 500;

    /** Answered from the ledger, or tell of others' requests. */
    private static final Set<String> NEVER = Set.of("AuditEvent", "Subscription");

    private final ConsentStates states;
    private final PatientAccess access;
    private final ReadSet readSet;
    private final ResourceAccess resources;
    private final NarrowView view;
    private final Redactions redactions;
    private final ResearchView research;
    private final OwnerIndex index;
    private final PartitionContents contents;
    private final FhirContext context;
    private final ObjectProvider<RestfulServer> server;
    private final ObjectProvider<DaoRegistry> daos;
    private final ObjectProvider<InMemoryResourceMatcher> memory;
    private final Clock clock;

    PopulationGate(
            ConsentStates states,
            PatientAccess access,
            ReadSet readSet,
            ResourceAccess resources,
            NarrowView view,
            Redactions redactions,
            ResearchView research,
            OwnerIndex index,
            PartitionContents contents,
            FhirContext context,
            ObjectProvider<RestfulServer> server,
            ObjectProvider<DaoRegistry> daos,
            ObjectProvider<InMemoryResourceMatcher> memory,
            Clock clock) {
        this.clock = clock;
        this.memory = memory;
        this.states = states;
        this.access = access;
        this.readSet = readSet;
        this.resources = resources;
        this.view = view;
        this.redactions = redactions;
        this.research = research;
        this.index = index;
        this.contents = contents;
        this.context = context;
        this.server = server;
        this.daos = daos;
    }

    /** Whether resources of {@code type} are looked at in this way at all. */
    public static boolean knows(String type) {
        return !NEVER.contains(type);
    }

    /** The types of which role and scopes let the requester read and search some resources, whatever the data. */
    public Set<String> types(Exchange exchange) {
        Set<String> types = new TreeSet<>();
        for (String type : context.getResourceTypes()) {
            if (isOffered(exchange, type)
                    && RoleRules.allow(exchange.requester().roles(), type, Interaction.READ)
                    && ScopeBound.allows(exchange.requester(), type, Interaction.READ)
                    && ScopeBound.allows(exchange.requester(), type, Interaction.SEARCH)) {
                types.add(type);
            }
        }
        return types;
    }

    /**
     * Refuses a type that {@link #types} does not name.
     *
     * @throws RuntimeException the refusal, which depends on the requester alone
     */
    public void require(Exchange exchange, String type) {
        access.requireRole(exchange, type, Interaction.READ);
        access.requireRole(exchange, type, Interaction.SEARCH);
        if (!isOffered(exchange, type)) {
            throw Refusal.notOffered("There is no view of this type for what you ask for.");
        }
    }

    private boolean isOffered(Exchange exchange, String type) {
        return knows(type) && (!exchange.requester().isForResearch() || research.offers(exchange.requester(), type));
    }

    /** Begins to decide anew for who has asked; what is decided before does not count. */
    public RequestDetails anew(Exchange asked, String type) {
        return HouseRequest.beginAnew(context, server.getObject(), asked, type);
    }

    /** Begins to decide for somebody who is not asking themselves. */
    public RequestDetails begin(Requester requester, String type) {
        // Nobody asks again for what was let in at another instance a moment ago.
        states.follow();
        return HouseRequest.begin(
                context,
                server.getObject(),
                requester,
                clock,
                RestOperationTypeEnum.SEARCH_TYPE,
                RequestTypeEnum.GET,
                type);
    }

    /**
     * Refuses criteria that can't be compared with one resource at a time, or that reach beyond it.
     *
     * @param criteria a search, beginning with the type
     * @throws RuntimeException the refusal, which depends on the criteria and the requester alone
     */
    public void requireCriteria(Exchange exchange, String type, String criteria) {
        String query = criteria.substring(criteria.indexOf('?') + 1);
        SearchRules.checkQuery(type, query);
        redactions.requireNotSought(exchange, type, SearchRules.parameters(query));
        if (!query.isEmpty()
                && !memory.getObject().canBeEvaluatedInMemory(criteria).supported()) {
            throw Refusal.notOffered("Use criteria that tell of one resource by itself.");
        }
    }

    /** Whether a resource is what criteria that were admitted ask for. */
    public boolean matches(String criteria, Resource resource) {
        if (criteria.endsWith("?")) {
            return true;
        }
        return memory.getObject().match(criteria, resource, null, null).matched();
    }

    /** Logical ids of the patients in question, in order; whether they let the requester in is not decided. */
    public List<String> candidates(Exchange exchange) {
        return access.seesEverything(exchange)
                ? contents.patients()
                : List.copyOf(new TreeSet<>(readSet.candidates(exchange)));
    }

    /**
     * Logical ids of the patients who are members of a Group now.
     *
     * @throws RuntimeException what HAPI answers for an unknown id, if the Group is not to be seen
     */
    public Set<String> members(RequestDetails asked, String id) {
        Exchange exchange = Exchange.of(asked).orElseThrow();
        access.requireRole(exchange, "Group", Interaction.READ);
        Optional<Ownership> known = index.find("Group/" + id);
        if (known.isEmpty()
                || known.get().deleted()
                || !resources.permits(exchange, known.get(), "Group/" + id)
                || !view.showsNow(exchange, "Group", id)) {
            throw Refusal.notKnown("Group", id);
        }
        List<IBaseResource> found = load(anew(exchange, "Group"), "Group", List.of("Group/" + id), null);
        if (found.isEmpty()) {
            throw Refusal.notKnown("Group", id);
        }
        Set<String> patients = new TreeSet<>();
        Instant now = exchange.started();
        for (Group.GroupMemberComponent member : ((Group) found.get(0)).getMember()) {
            IdType entity = new IdType(member.getEntity().getReference());
            Date start = member.getPeriod().getStart();
            Date end = member.getPeriod().getEnd();
            if (!member.getInactive()
                    && "Patient".equals(entity.getResourceType())
                    && !entity.isAbsolute()
                    && (start == null || !start.toInstant().isAfter(now))
                    && (end == null || !end.toInstant().isBefore(now))) {
                patients.add(entity.getIdPart());
            }
        }
        return patients;
    }

    /** The partitions of what belongs to these patients, alone or together with others. */
    public Set<Integer> partitions(Collection<String> patients) {
        Set<Integer> partitions = new TreeSet<>(index.partitionsOf(patients).values());
        index.jointPartitions(patients).forEach(joint -> partitions.add(joint.partition()));
        return partitions;
    }

    /** The partitions of what belongs to no patient that can be told. */
    public static Set<Integer> common() {
        return Set.of(Partition.SHARED, Partition.PARTLY_KNOWN, Partition.QUARANTINE);
    }

    /**
     * How much of what lies in these partitions may be shown now.
     *
     * @param decided a request made by {@link #anew}
     * @param types only of these types
     * @param since only what was written then or later; all if null
     */
    public List<Held> visible(
            RequestDetails decided, Collection<Integer> partitions, Set<String> types, @Nullable Instant since) {
        Exchange exchange = Exchange.of(decided).orElseThrow();
        List<Held> visible = new ArrayList<>();
        for (Held held : contents.held(partitions, since)) {
            Ownership ownership = ownership(held.partition());
            if (!types.contains(held.type()) || !access.permitsSome(exchange, ownership, held.type())) {
                continue;
            }
            boolean partly = Partition.isPatients(held.partition())
                    && !access.partlyPermitting(exchange, ownership.patients(), held.type())
                            .isEmpty();
            long count = partly || access.narrows(exchange, held.type())
                    ? count(decided, held.partition(), held.type(), since)
                    : held.count();
            if (count > 0) {
                visible.add(new Held(held.partition(), held.type(), count));
            }
        }
        return visible;
    }

    /** The patients to whom what lies in a partition belongs. */
    public Set<String> patientsOf(int partition) {
        return index.patientsOf(partition).orElse(Set.of());
    }

    private Ownership ownership(int partition) {
        return new Ownership(partition, patientsOf(partition), false);
    }

    private long count(RequestDetails decided, int partition, String type, @Nullable Instant since) {
        long count = 0;
        Place last = null;
        List<Place> page;
        do {
            page = contents.page(List.of(partition), type, last, PAGE, since);
            count += show(decided, type, page, since).size();
            last = page.isEmpty() ? last : page.get(page.size() - 1);
        } while (page.size() == PAGE);
        return count;
    }

    /** The resources of a type in these partitions, shown or not, in pages; see {@link PartitionContents#page}. */
    public List<Place> places(
            Collection<Integer> partitions, String type, @Nullable Place after, int limit, @Nullable Instant since) {
        return contents.page(partitions, type, after, limit, since);
    }

    /**
     * All resources of a type in these partitions, shown or not, if their order would tell what pseudonyms hide: then
     * in the order of these. Empty if they may be sent as they lie.
     */
    public Optional<List<Place>> pseudonymous(
            Exchange asked, Collection<Integer> partitions, String type, @Nullable Instant since) {
        if (!asked.requester().isForResearch()) {
            return Optional.empty();
        }
        List<Place> all = new ArrayList<>();
        List<Place> page;
        do {
            page = contents.page(partitions, type, all.isEmpty() ? null : all.get(all.size() - 1), PAGE, since);
            all.addAll(page);
        } while (page.size() == PAGE);
        return Optional.of(research.inOrder(asked, all));
    }

    /**
     * Those of these resources that may be shown now, in their order, as they are now; for research, their views. What
     * is shown is noted in the exchange of the request.
     *
     * @param decided a request made by {@link #anew}
     */
    public List<Resource> show(RequestDetails decided, String type, Collection<Place> places, @Nullable Instant since) {
        if (places.isEmpty()) {
            return List.of();
        }
        Exchange exchange = Exchange.of(decided).orElseThrow();
        Map<String, Ownership> owners =
                index.findAll(places.stream().map(Place::reference).toList());
        owners.values().removeIf(Ownership::deleted);
        Set<String> visible = resources.visible(exchange, owners);
        Map<String, IBaseResource> found = new HashMap<>();
        load(decided, type, visible, since)
                .forEach(loaded -> found.put(type + "/" + loaded.getIdElement().getIdPart(), loaded));
        Map<String, Resource> inOrder = new LinkedHashMap<>();
        for (Place place : places) {
            IBaseResource resource = found.get(place.reference());
            if (resource != null) {
                inOrder.put(place.reference(), (Resource) resource);
            }
        }
        List<Resource> shown = List.copyOf(inOrder.values());
        return exchange.requester().isForResearch() ? research.views(exchange, shown) : shown;
    }

    /**
     * Whether the consents that this exchange's decisions read are still what they were. For what is sent under a
     * record that was made before; a record itself asks the same.
     */
    public boolean isCurrent(RequestDetails decided) {
        return access.isCurrent(Exchange.of(decided).orElseThrow());
    }

    /** Makes the answer of {@code asked} rest on what was decided in {@code decided}. */
    public static void rest(RequestDetails asked, RequestDetails decided) {
        Exchange whole = Exchange.of(asked).orElseThrow();
        for (Access made : Exchange.of(decided).orElseThrow().accesses()) {
            if (made.dependsOnConsent()) {
                whole.rest(made);
            }
        }
    }

    /** Reads through HAPI's search, so that both layers of the gate see each resource. */
    private List<IBaseResource> load(
            RequestDetails decided, String type, Collection<String> references, @Nullable Instant since) {
        Map<String, IBaseResource> loaded = new TreeMap<>();
        List<String> all = List.copyOf(new LinkedHashSet<>(references));
        for (int from = 0; from < all.size(); from += PAGE) {
            TokenOrListParam ids = new TokenOrListParam();
            all.subList(from, Math.min(all.size(), from + PAGE))
                    .forEach(reference -> ids.add(new TokenParam(reference.substring(type.length() + 1))));
            SearchParameterMap parameters = SearchParameterMap.newSynchronous();
            parameters.add("_id", ids);
            if (since != null) {
                parameters.setLastUpdated(new DateRangeParam(Date.from(since), null));
            }
            for (Object found : daos.getObject().getResourceDao(type).searchForResources(parameters, decided)) {
                // HAPI leaves a gap for a resource whose row of the current version is gone.
                if (found instanceof IBaseResource resource) {
                    loaded.put(resource.getIdElement().getIdPart(), resource);
                }
            }
        }
        return List.copyOf(loaded.values());
    }
}
