package org.securemed.fhir.subscription;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.NotificationRecorder;
import org.securemed.fhir.consent.PopulationGate;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Touched;
import org.securemed.fhir.owner.Partition;
import org.securemed.fhir.owner.PartitionContents.Place;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.StandingGrants;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends notifications, at least once, in no certain order. Each is decided right before it is sent: whether the
 * subscriber is still one, may see the resource as it is now, and asked for it; then it is recorded, then sent. What
 * may not be seen leaves no trace with the subscriber: no notification, no gap, no error. Thread-safe.
 */
final class Notifier implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Notifier.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int PARALLEL = 4;
    private static final int DECISIONS = 5;

    private final Hooks hooks;
    private final Endpoints endpoints;
    private final StandingGrants grants;
    private final PopulationGate gate;
    private final NotificationRecorder recorder;
    private final FhirContext context;
    private final SubscriptionProperties settings;
    private final Clock clock;
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    private final Semaphore free = new Semaphore(PARALLEL);
    private final ExecutorService senders = Executors.newFixedThreadPool(PARALLEL, Notifier::thread);
    private final ScheduledExecutorService clockwork = Executors.newSingleThreadScheduledExecutor(Notifier::thread);

    Notifier(
            Hooks hooks,
            Endpoints endpoints,
            StandingGrants grants,
            PopulationGate gate,
            NotificationRecorder recorder,
            FhirContext context,
            SubscriptionProperties settings,
            Clock clock) {
        this.hooks = hooks;
        this.endpoints = endpoints;
        this.grants = grants;
        this.gate = gate;
        this.recorder = recorder;
        this.context = context;
        this.settings = settings;
        this.clock = clock;
    }

    private static Thread thread(Runnable work) {
        Thread made = new Thread(work, "subscription");
        made.setDaemon(true);
        return made;
    }

    /** Begins to send in the background. */
    @SuppressWarnings("FutureReturnValueIgnored") // nothing that these do could be waited for
    Notifier start() {
        long millis = settings.interval().toMillis();
        clockwork.scheduleWithFixedDelay(this::run, millis, millis, TimeUnit.MILLISECONDS);
        clockwork.scheduleWithFixedDelay(this::endOver, 1, 1, TimeUnit.MINUTES);
        return this;
    }

    private void run() {
        try {
            hooks.look();
            hooks.spread();
            int most = free.drainPermits();
            List<Hooks.Due> due = List.of();
            try {
                due = most == 0 ? due : hooks.take(most);
            } finally {
                free.release(most - due.size());
            }
            due.forEach(one -> senders.execute(() -> attempt(one)));
        } catch (RuntimeException e) {
            // The next look goes on from what is stored.
            log.atWarn().addKeyValue("error", e.getClass().getName()).log("notifications have to wait");
        }
    }

    /** Ends Subscriptions whose subscribers are none any more, also if there is nothing to tell them. */
    private void endOver() {
        try {
            for (Hook hook : hooks.active()) {
                if (grants.requester(hook.grant()).isEmpty() || isOver(hook)) {
                    hooks.end(hook.id(), Hook.Status.OFF);
                }
            }
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue("error", e.getClass().getName()).log("subscriptions could not be looked at");
        }
    }

    private boolean isOver(Hook hook) {
        return hook.ends() != null && !hook.ends().isAfter(clock.instant());
    }

    private void attempt(Hooks.Due due) {
        try {
            send(due);
        } catch (IOException | RuntimeException e) {
            log.atInfo()
                    .addKeyValue("subscription", due.hook().id())
                    .addKeyValue("attempt", due.attempt())
                    .addKeyValue("error", e.getClass().getName())
                    .log("a notification was not taken");
            again(due);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            free.release();
        }
    }

    private void again(Hooks.Due due) {
        try {
            if (due.attempt() >= settings.attempts()) {
                hooks.end(due.hook().id(), Hook.Status.ERROR);
            } else {
                hooks.later(due, settings.pause().multipliedBy(1L << (due.attempt() - 1)));
            }
        } catch (RuntimeException e) {
            // It is taken again when its lease is over.
            log.atWarn().addKeyValue("error", e.getClass().getName()).log("a notification could not be put off");
        }
    }

    private void send(Hooks.Due due) throws IOException, InterruptedException {
        Hook hook = due.hook();
        for (int decision = 0; decision < DECISIONS; decision++) {
            Optional<Requester> subscriber = grants.requester(hook.grant());
            if (subscriber.isEmpty() || isOver(hook)) {
                hooks.end(hook.id(), Hook.Status.OFF);
                return;
            }
            if (!hooks.isWanted(due)) {
                return;
            }
            RequestDetails decided = gate.begin(subscriber.get(), hook.type());
            Resource resource = visible(decided, hook, due.reference());
            if (resource == null) {
                hooks.done(due);
                return;
            }
            if (!endpoints.mayBeReached(hook.endpoint())) {
                throw new IOException("the endpoint is not one to be reached");
            }
            HttpRequest request = request(hook, resource, due.headers());
            Exchange exchange = Exchange.of(decided).orElseThrow();
            Set<String> patients = new TreeSet<>();
            exchange.shown().stream().map(Touched::patients).forEach(patients::addAll);
            String version = hook.type() + "/" + resource.getIdElement().getIdPart() + "/_history/"
                    + resource.getIdElement().getVersionIdPart();
            if (recorder.sending(
                    exchange,
                    patients,
                    version,
                    hook.id().toString(),
                    request.method(),
                    hook.endpoint().getHost())) {
                int status = status(request);
                if (status < 200 || status > 299) {
                    throw new IOException("the endpoint answered " + status);
                }
                hooks.done(due);
                return;
            }
        }
        throw new IOException("consents change again and again");
    }

    /** The status of the answer; whatever else the endpoint says, it has neither long nor much to say it. */
    private int status(HttpRequest request) throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<Void>> answer = http.sendAsync(request, info -> new IgnoredBody());
        try {
            return answer.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).statusCode();
        } catch (TimeoutException e) {
            throw new IOException("the endpoint does not come to an end", e);
        } catch (ExecutionException e) {
            throw new IOException("the endpoint cannot be reached", e);
        } finally {
            // Without effect on one that has ended.
            answer.cancel(true);
        }
    }

    private @Nullable Resource visible(RequestDetails decided, Hook hook, String reference) {
        Exchange exchange = Exchange.of(decided).orElseThrow();
        if (exchange.requester().isForResearch() || !gate.types(exchange).contains(hook.type())) {
            return null;
        }
        // Where it lies is found again by its name.
        Place place = new Place(Partition.SHARED, reference);
        return gate.show(decided, hook.type(), List.of(place), null).stream()
                .filter(found -> gate.matches(hook.criteria(), found))
                .findFirst()
                .orElse(null);
    }

    private HttpRequest request(Hook hook, Resource resource, @Nullable String headers) {
        String address = hook.endpoint().toString();
        HttpRequest.Builder request = HttpRequest.newBuilder().timeout(TIMEOUT);
        HookHeaders.read(headers).forEach(request::header);
        if (!hook.payload()) {
            return request.uri(URI.create(address))
                    .POST(HttpRequest.BodyPublishers.noBody())
                    .build();
        }
        String slash = address.endsWith("/") ? "" : "/";
        return request.uri(URI.create(address + slash + hook.type() + "/"
                        + resource.getIdElement().getIdPart()))
                .header("Content-Type", "application/fhir+json")
                .PUT(HttpRequest.BodyPublishers.ofString(context.newJsonParser().encodeResourceToString(resource)))
                .build();
    }

    @Override
    public void close() {
        clockwork.shutdownNow();
        senders.shutdownNow();
    }
}
