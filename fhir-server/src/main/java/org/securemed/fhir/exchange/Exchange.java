package org.securemed.fhir.exchange;

import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import jakarta.servlet.ServletRequest;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.smart.Requester;
import org.securemed.ledger.entry.Entry;
import org.springframework.security.core.context.SecurityContextHolder;

/**
 * The state of one FHIR request. It travels in HAPI's user data, which the entries of a Bundle share, because they may
 * run on other threads. Thread-safe.
 */
public final class Exchange {
    private static final String KEY = Exchange.class.getName();
    private static final int LONGEST_REQUEST_ID = 128;

    private static final String CLOCK = KEY + ".clock";

    private final Requester requester;
    private final Clock clock;
    private final Instant started;
    private final long startedNanos;
    private final String requestId;
    private final Map<String, Access> accesses;
    private final Map<String, Set<String>> groups;
    private final Set<Touched> shown = Collections.synchronizedSet(new LinkedHashSet<>());
    private final Set<String> named = Collections.synchronizedSet(new LinkedHashSet<>());
    private final Map<String, Optional<String>> inVain = Collections.synchronizedMap(new LinkedHashMap<>());
    private final List<Entry> staged = Collections.synchronizedList(new ArrayList<>());
    private final Set<String> written = Collections.synchronizedSet(new LinkedHashSet<>());
    private final Map<RequestDetails, Exchange> parts = Collections.synchronizedMap(new LinkedHashMap<>());
    private final Map<IBaseResource, Map<Class<?>, Object>> notes;
    private @Nullable List<Entry> record;
    private @Nullable Declared declared;

    private Exchange(Requester requester, Clock clock, String requestId) {
        this.requester = requester;
        this.clock = clock;
        this.started = clock.instant();
        this.startedNanos = System.nanoTime();
        this.requestId = requestId;
        this.accesses = new ConcurrentHashMap<>();
        this.groups = new ConcurrentHashMap<>();
        this.notes = new IdentityHashMap<>();
    }

    /** A part of {@code whole}: decisions are made once for all parts, what is shown and named is each part's own. */
    private Exchange(Exchange whole) {
        this.requester = whole.requester;
        this.clock = whole.clock;
        this.started = whole.started;
        this.startedNanos = whole.startedNanos;
        this.requestId = whole.requestId;
        this.accesses = whole.accesses;
        this.groups = whole.groups;
        this.notes = whole.notes;
    }

    /**
     * The exchange of a request; begun by the first call. A GET entry of a Bundle has a part of it to itself. Empty for
     * what the server asks itself (indexing, jobs), which answers nobody.
     */
    public static Optional<Exchange> of(@Nullable RequestDetails request) {
        if (request == null || request instanceof SystemRequestDetails) {
            return Optional.empty();
        }
        Exchange whole = (Exchange) request.getUserData().computeIfAbsent(KEY, key -> begin(request));
        return Optional.of(
                request.isSubRequest() && request.getRequestType() == RequestTypeEnum.GET
                        ? whole.parts.computeIfAbsent(request, entry -> new Exchange(whole))
                        : whole);
    }

    /** A part of {@code whole} in which nothing was shown or named yet. */
    public static Exchange partOf(Exchange whole) {
        return new Exchange(whole);
    }

    /** The exchange of a request that was refused before anybody knew who sent it. */
    public static Exchange ofNobody(@Nullable String sentRequestId) {
        return new Exchange(
                Requester.anonymous(),
                Clock.systemUTC(),
                usable(sentRequestId).orElseGet(() -> UUID.randomUUID().toString()));
    }

    /**
     * Begins the exchange of what this server does by itself in somebody's name, as if they had asked.
     *
     * @throws IllegalStateException if one has begun
     */
    public static void begin(RequestDetails request, Requester requester, Clock clock) {
        Exchange exchange = new Exchange(requester, clock, UUID.randomUUID().toString());
        if (request.getUserData().putIfAbsent(KEY, exchange) != null) {
            throw new IllegalStateException("the exchange has begun");
        }
    }

    /**
     * Begins the exchange of a part of an answer that is decided by itself, as if the same requester had asked anew.
     *
     * @throws IllegalStateException if one has begun
     */
    public static void beginAnew(RequestDetails request, Exchange whole) {
        Exchange anew = new Exchange(whole.requester, whole.clock, whole.requestId);
        if (request.getUserData().putIfAbsent(KEY, anew) != null) {
            throw new IllegalStateException("the exchange has begun");
        }
    }

    private static Exchange begin(RequestDetails request) {
        String requestId = usable(request.getHeader("X-Request-ID"))
                .orElseGet(() -> UUID.randomUUID().toString());
        return new Exchange(requesterNow(), clock(request), requestId);
    }

    /** Says by which clock it is decided when a request began. */
    public static void by(Clock clock, ServletRequest request) {
        request.setAttribute(CLOCK, clock);
    }

    private static Clock clock(RequestDetails request) {
        return request instanceof ServletRequestDetails details
                        && details.getServletRequest() != null
                        && details.getServletRequest().getAttribute(CLOCK) instanceof Clock known
                ? known
                : Clock.systemUTC();
    }

    private static Optional<String> usable(@Nullable String sent) {
        return Optional.ofNullable(sent)
                .filter(id -> !id.isEmpty() && id.length() <= LONGEST_REQUEST_ID && printable(id));
    }

    private static Requester requesterNow() {
        try {
            return Requester.from(SecurityContextHolder.getContext().getAuthentication());
        } catch (Problem e) {
            // Only metadata is answered without a token; the gate gives nobody a role.
            return Requester.anonymous();
        }
    }

    private static boolean printable(String text) {
        return text.chars().allMatch(c -> c > 0x20 && c < 0x7f);
    }

    public Requester requester() {
        return requester;
    }

    /** When the request was first seen. */
    public Instant started() {
        return started;
    }

    /** {@link System#nanoTime()} when the request was first seen, whatever has been done to the clock since. */
    public long startedNanos() {
        return startedNanos;
    }

    /** The client's X-Request-ID, or one that the server made. */
    public String requestId() {
        return requestId;
    }

    /**
     * The decision for a patient and type, made once in a request.
     *
     * @param decide asked when none was made yet
     */
    public Access access(String patientId, String resourceType, Supplier<Access> decide) {
        return accesses.computeIfAbsent(patientId + "|" + resourceType, key -> decide.get());
    }

    /** Makes the answer rest on a decision that was made elsewhere. */
    public void rest(Access made) {
        accesses.put(made.patientId() + "|" + made.resourceType(), made);
    }

    /**
     * What the requester is a member of, looked up once in a request.
     *
     * @param look asked when nobody has looked yet
     */
    public Set<String> groups(Supplier<Set<String>> look) {
        return groups.computeIfAbsent("", key -> look.get());
    }

    /** Notes the decision about one resource that was asked for. */
    public void deny(String reference, Access denied) {
        accesses.put(denied.patientId() + "|" + reference, denied);
    }

    /** All decisions of this request. */
    public Collection<Access> accesses() {
        return List.copyOf(accesses.values());
    }

    /** Notes that a resource is about to be shown. */
    public void show(Touched resource) {
        shown.add(resource);
    }

    /** What is about to be shown, in the order of loading. */
    public List<Touched> shown() {
        synchronized (shown) {
            return List.copyOf(shown);
        }
    }

    /** Notes that the request names a patient of this server, whether or not it may see anything of them. */
    public void name(String patientId) {
        named.add(patientId);
    }

    /**
     * Notes that the request names something that is not there for who asks. Hidden or absent, it is one thing, so that
     * the record of the request does not grow by what is hidden; and what belongs to several patients is nobody's in
     * the record, since none of them may know of it.
     *
     * @param what as it was named
     * @param owners logical ids of the patients to whom it belongs; none if there is no such thing
     */
    public void ask(String what, Set<String> owners) {
        inVain.putIfAbsent(
                what, owners.size() == 1 ? Optional.of(owners.iterator().next()) : Optional.empty());
    }

    /** What the request names and is not there for who asks, with the patient to whom it belongs if that is one. */
    public Map<String, Optional<String>> inVain() {
        synchronized (inVain) {
            return new LinkedHashMap<>(inVain);
        }
    }

    /** Logical ids of the patients that the request names. */
    public Set<String> named() {
        synchronized (named) {
            return Set.copyOf(named);
        }
    }

    /** Notes entries that a committed transaction has put into the ledger's outbox. */
    public void staged(List<Entry> entries) {
        staged.addAll(entries);
    }

    /** Entries in the outbox that belong to this request's committed writes. */
    public List<Entry> staged() {
        synchronized (staged) {
            return List.copyOf(staged);
        }
    }

    /** Notes that a committed transaction has written this: {@code Type/id} or {@code Type/id/_history/version}. */
    public void wrote(String reference) {
        written.add(reference);
    }

    /** What committed transactions of this request have written, with and without versions. */
    public Set<String> written() {
        synchronized (written) {
            return Set.copyOf(written);
        }
    }

    /** The parts of this exchange that are GET entries of a Bundle, by their requests. */
    public Map<RequestDetails, Exchange> parts() {
        synchronized (parts) {
            return new LinkedHashMap<>(parts);
        }
    }

    /** Makes these entries the record of this exchange, in place of what follows from what was shown and named. */
    public void recordAs(List<Entry> entries) {
        record = List.copyOf(entries);
    }

    /** The entries that are the record of this exchange, if somebody has made them already. */
    public Optional<List<Entry>> ownRecord() {
        return Optional.ofNullable(record);
    }

    /**
     * What the requester has declared about this request.
     *
     * @param purpose v3-ActReason code
     * @param reason in their words
     */
    public record Declared(String purpose, String reason) {}

    /** Notes the purpose of this request, whatever the token says, and the reason for it. */
    public void declare(String purpose, String reason) {
        declared = new Declared(purpose, reason);
    }

    /** What was declared about this request, if anything was. */
    public Optional<Declared> declared() {
        return Optional.ofNullable(declared);
    }

    /** Whether something of this kind is remembered about a resource object. */
    public boolean noted(IBaseResource resource, Class<?> kind) {
        synchronized (notes) {
            return notes.getOrDefault(resource, Map.of()).containsKey(kind);
        }
    }

    /**
     * What is remembered about a resource object that the request is going to store, made once for each kind.
     *
     * @param note asked when nothing is remembered yet
     */
    public <T> T note(IBaseResource resource, Class<T> kind, Supplier<T> note) {
        synchronized (notes) {
            Map<Class<?>, Object> known = notes.computeIfAbsent(resource, key -> new HashMap<>());
            Object value = known.get(kind);
            if (value == null) {
                value = note.get();
                known.put(kind, value);
            }
            return kind.cast(value);
        }
    }
}
