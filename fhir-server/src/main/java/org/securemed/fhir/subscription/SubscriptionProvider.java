package org.securemed.fhir.subscription;

import ca.uhn.fhir.rest.annotation.Create;
import ca.uhn.fhir.rest.annotation.Delete;
import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.OptionalParam;
import ca.uhn.fhir.rest.annotation.Read;
import ca.uhn.fhir.rest.annotation.ResourceParam;
import ca.uhn.fhir.rest.annotation.Search;
import ca.uhn.fhir.rest.api.MethodOutcome;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.param.TokenParam;
import ca.uhn.fhir.rest.server.IResourceProvider;
import java.net.URI;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.PrimitiveType;
import org.hl7.fhir.r4.model.Subscription;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.NotificationRecorder;
import org.securemed.fhir.consent.PopulationGate;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.smart.StandingGrant;
import org.securemed.fhir.smart.StandingGrants;
import org.securemed.ledger.entry.Entry;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Subscriptions of type rest-hook: created, read, searched and deleted by their subscriber. A change is another one.
 *
 * @see <a href="https://hl7.org/fhir/R4/subscription.html">FHIR R4, Subscription</a>
 */
public final class SubscriptionProvider implements IResourceProvider {
    private static final Pattern CRITERIA = Pattern.compile("([A-Z][A-Za-z]{2,63})\\?([\\x21-\\x7e]{1,1000})?");
    private static final String JSON = "application/fhir+json";
    private static final int LONGEST_REASON = 1000;
    private static final Instant EARLIEST = Instant.EPOCH;

    private final Hooks hooks;
    private final Endpoints endpoints;
    private final StandingGrants grants;
    private final PopulationGate gate;
    private final NotificationRecorder recorder;
    private final SubscriptionProperties settings;
    private final TransactionTemplate transactions;

    SubscriptionProvider(
            Hooks hooks,
            Endpoints endpoints,
            StandingGrants grants,
            PopulationGate gate,
            NotificationRecorder recorder,
            SubscriptionProperties settings,
            TransactionTemplate transactions) {
        this.hooks = hooks;
        this.endpoints = endpoints;
        this.grants = grants;
        this.gate = gate;
        this.recorder = recorder;
        this.settings = settings;
        this.transactions = transactions;
    }

    @Override
    public Class<Subscription> getResourceType() {
        return Subscription.class;
    }

    /** Begins a Subscription, which is active at once. */
    @Create
    public MethodOutcome create(@ResourceParam Subscription subscription, RequestDetails request) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        Hook hook = hook(subscription, exchange);
        @Nullable String headers = headers(subscription);
        List<Entry> staged = Objects.requireNonNull(transactions.execute(status -> {
            if (!hooks.add(exchange.requester(), hook, headers, settings.most())) {
                throw SubscriptionRefusal.tooMany();
            }
            return recorder.created(request, hook.id().toString());
        }));
        recorder.committed(request, staged);
        hooks.look();
        return new MethodOutcome(id(hook), true).setResource(view(hook));
    }

    private Hook hook(Subscription subscription, Exchange exchange) {
        Subscription.SubscriptionChannelComponent channel = subscription.getChannel();
        Matcher criteria = CRITERIA.matcher(String.valueOf(subscription.getCriteria()));
        if (!criteria.matches()) {
            throw SubscriptionRefusal.unsupported("criteria is a search of one type, as in Observation?code=x.");
        }
        String type = criteria.group(1);
        if (!gate.types(exchange).contains(type)) {
            gate.require(exchange, type);
            throw SubscriptionRefusal.unsupported("criteria names a type of which nobody is notified.");
        }
        gate.requireCriteria(exchange, type, subscription.getCriteria());
        if (channel.getType() != Subscription.SubscriptionChannelType.RESTHOOK) {
            throw SubscriptionRefusal.unsupported("channel.type is rest-hook.");
        }
        if (channel.hasPayload() && !channel.getPayload().equals(JSON)) {
            throw SubscriptionRefusal.unsupported("channel.payload is application/fhir+json or absent.");
        }
        URI endpoint = endpoints
                .parse(String.valueOf(channel.getEndpoint()))
                .orElseThrow(() -> SubscriptionRefusal.unsupported(
                        "channel.endpoint is no address that the operator of this server lets it send to."));
        String reason = subscription.hasReason() ? subscription.getReason() : "";
        if (reason.length() > LONGEST_REASON) {
            throw SubscriptionRefusal.unsupported("reason has at most " + LONGEST_REASON + " characters.");
        }
        StandingGrant grant = grants.current().orElseThrow(SubscriptionRefusal::grant);
        return new Hook(
                UUID.randomUUID(),
                grant,
                type,
                subscription.getCriteria(),
                reason,
                endpoint,
                channel.hasPayload(),
                ends(subscription),
                Hook.Status.ACTIVE);
    }

    private static @Nullable Instant ends(Subscription subscription) {
        Date end = subscription.getEnd();
        if (end == null) {
            return null;
        }
        Instant ends = end.toInstant();
        if (!ends.isAfter(EARLIEST)) {
            throw SubscriptionRefusal.unsupported("end is an instant to come.");
        }
        return ends;
    }

    private static @Nullable String headers(Subscription subscription) {
        List<String> lines = subscription.getChannel().getHeader().stream()
                .map(PrimitiveType::getValue)
                .map(String::valueOf)
                .toList();
        return lines.isEmpty()
                ? null
                : HookHeaders.of(lines)
                        .orElseThrow(() -> SubscriptionRefusal.unsupported(
                                "channel.header holds a few lines as Name: value, of headers that may be set."));
    }

    /** One of the subscriber's own. */
    @Read
    public Subscription read(@IdParam IdType id, RequestDetails request) {
        return hooks.of(Exchange.of(request).orElseThrow().requester()).stream()
                .filter(hook -> hook.id().toString().equals(id.getIdPart()))
                .findFirst()
                .map(SubscriptionProvider::view)
                .orElseThrow(() -> SubscriptionRefusal.notKnown(id.getIdPart()));
    }

    /** The subscriber's own. */
    @Search
    public List<Subscription> search(@OptionalParam(name = "_id") @Nullable TokenParam id, RequestDetails request) {
        return hooks.of(Exchange.of(request).orElseThrow().requester()).stream()
                .filter(hook -> id == null || hook.id().toString().equals(id.getValue()))
                .map(SubscriptionProvider::view)
                .toList();
    }

    /** Ends a Subscription and forgets it. */
    @Delete
    public MethodOutcome delete(@IdParam IdType id, RequestDetails request) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        UUID known = hooks.of(exchange.requester()).stream()
                .map(Hook::id)
                .filter(own -> own.toString().equals(id.getIdPart()))
                .findFirst()
                .orElseThrow(() -> SubscriptionRefusal.notKnown(id.getIdPart()));
        List<Entry> staged = Objects.requireNonNull(transactions.execute(status -> {
            hooks.remove(exchange.requester(), known);
            return recorder.deleted(request, known.toString());
        }));
        recorder.committed(request, staged);
        return new MethodOutcome(new IdType("Subscription", known.toString()));
    }

    private static IdType id(Hook hook) {
        return new IdType("Subscription", hook.id().toString());
    }

    /** Without the headers: they may hold secrets, and are nobody's to read. */
    private static Subscription view(Hook hook) {
        Subscription view = new Subscription();
        view.setId(id(hook));
        view.setStatus(
                switch (hook.status()) {
                    case ACTIVE -> Subscription.SubscriptionStatus.ACTIVE;
                    case ERROR -> Subscription.SubscriptionStatus.ERROR;
                    case OFF -> Subscription.SubscriptionStatus.OFF;
                });
        if (hook.status() == Hook.Status.ERROR) {
            view.setError("The endpoint did not take a notification.");
        }
        view.setReason(hook.reason().isEmpty() ? null : hook.reason());
        view.setCriteria(hook.criteria());
        if (hook.ends() != null) {
            view.setEnd(Date.from(hook.ends()));
        }
        view.getChannel()
                .setType(Subscription.SubscriptionChannelType.RESTHOOK)
                .setEndpoint(hook.endpoint().toString());
        if (hook.payload()) {
            view.getChannel().setPayload(JSON);
        }
        return view;
    }
}
