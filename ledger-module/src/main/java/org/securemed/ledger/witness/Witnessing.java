package org.securemed.ledger.witness;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.NoteSignature;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.log.Alarm;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LedgerUnavailableException;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.policy.TrustPolicy;
import org.securemed.ledger.policy.Witness;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets the log's checkpoints cosigned by the witnesses of a policy, in the background: publishing never waits for it.
 * Raises an alarm when the policy's quorum stays away, when a witness knows a later or another tree than this log, and
 * keeps what it was shown then as evidence. Thread safe.
 */
public final class Witnessing implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Witnessing.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int ATTEMPTS = 3;
    private static final int AT_ONCE = 8;

    private final Ledger ledger;
    private final TrustPolicy policy;
    private final Equivocations equivocations;
    private final Duration maxWithoutQuorum;
    private final Clock clock;
    private final Alarm alarm;
    private final Map<String, WitnessClient> clients = new ConcurrentHashMap<>();
    private final Map<String, Long> lastSizes = new ConcurrentHashMap<>();
    private final Map<String, String> troubles = new ConcurrentHashMap<>();
    private final ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE, Witnessing::daemon);
    private final ScheduledExecutorService rounds = Executors.newSingleThreadScheduledExecutor(Witnessing::daemon);

    // Below: written by one round at a time, in this object's monitor.
    private volatile @Nullable SignedNote witnessed;
    private volatile Instant lastQuorum;
    private boolean alarmed;

    /**
     * @param policy its witnesses with a URL are asked; its quorum is what is aimed at
     * @param equivocations where evidence is kept
     * @param maxWithoutQuorum how long before the alarm, such as a minute
     */
    public Witnessing(
            Ledger ledger,
            TrustPolicy policy,
            Equivocations equivocations,
            Duration maxWithoutQuorum,
            Clock clock,
            Alarm alarm) {
        this.ledger = ledger;
        this.policy = policy;
        this.equivocations = equivocations;
        this.maxWithoutQuorum = maxWithoutQuorum;
        this.clock = clock;
        this.alarm = alarm;
        this.lastQuorum = clock.instant();
        HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
        for (Witness witness : policy.witnesses()) {
            String url = witness.url();
            if (url != null) {
                clients.put(witness.name(), new WitnessClient(URI.create(url), http, PATIENCE));
            }
        }
    }

    /** Begins to work in the background, one round each interval. */
    @SuppressWarnings("FutureReturnValueIgnored") // a round throws nothing that anybody could wait for
    public Witnessing start(Duration interval) {
        rounds.scheduleWithFixedDelay(
                () -> {
                    try {
                        round();
                    } catch (RuntimeException e) {
                        // The next round tries again; an exception would end the schedule.
                        log.atWarn().setCause(e).log("a round of witnessing failed");
                    }
                },
                0,
                interval.toMillis(),
                TimeUnit.MILLISECONDS);
        return this;
    }

    /** The newest checkpoint with the cosignatures of a quorum; empty before the first. */
    public Optional<SignedNote> witnessed() {
        return Optional.ofNullable(witnessed);
    }

    /** What was found against this log. */
    public Equivocations equivocations() {
        return equivocations;
    }

    /** How it goes. */
    public WitnessStatus status() {
        SignedNote newest = witnessed;
        long size = newest == null ? -1 : claimed(newest).size();
        boolean overdue = clock.instant().isAfter(lastQuorum.plus(maxWithoutQuorum));
        return new WitnessStatus(!overdue, size, lastQuorum, Map.copyOf(troubles), equivocations.count());
    }

    /** Asks every witness that has not cosigned the newest checkpoint, and waits for their answers. */
    public synchronized void round() {
        Optional<SignedNote> newest = ledger.checkpoint();
        if (newest.isEmpty()) {
            return;
        }
        SignedNote note = newest.get();
        Checkpoint checkpoint = claimed(note);
        SignedNote known = witnessed;
        if (known != null && claimed(known).equals(checkpoint)) {
            note = known;
        }
        note = withStored(note, checkpoint);
        Set<String> missing = missing(note, checkpoint);
        for (NoteSignature line : ask(missing, note, checkpoint)) {
            note = note.with(line);
        }
        conclude(note, checkpoint);
    }

    private void conclude(SignedNote note, Checkpoint checkpoint) {
        Set<String> cosigners = cosigners(note, checkpoint);
        if (policy.isMetBy(cosigners)) {
            witnessed = note;
            lastQuorum = clock.instant();
            alarmed = false;
        } else if (!alarmed && clock.instant().isAfter(lastQuorum.plus(maxWithoutQuorum))) {
            alarmed = true;
            alarm.raise(
                    "witness-quorum-missing",
                    "no quorum since %s; of %d entries only: %s".formatted(lastQuorum, checkpoint.size(), cosigners));
        }
    }

    /** Adds what another instance, or this one before it was restarted, has got. */
    private SignedNote withStored(SignedNote note, Checkpoint checkpoint) {
        SignedNote all = note;
        for (NoteSignature line : ledger.cosignatures(checkpoint.size())) {
            boolean fits = policy.witnesses().stream().anyMatch(witness -> isBy(witness, checkpoint, line));
            if (fits && !all.signatures().contains(line)) {
                all = all.with(line);
            }
        }
        return all;
    }

    private Set<String> missing(SignedNote note, Checkpoint checkpoint) {
        Set<String> missing = new HashSet<>(clients.keySet());
        missing.removeAll(cosigners(note, checkpoint));
        return missing;
    }

    private Set<String> cosigners(SignedNote note, Checkpoint checkpoint) {
        try {
            return policy.cosignatures(checkpoint, note).keySet();
        } catch (NoteException e) {
            throw new IllegalStateException("a line was added that does not verify", e);
        }
    }

    private List<NoteSignature> ask(Set<String> names, SignedNote note, Checkpoint checkpoint) {
        List<Callable<Optional<NoteSignature>>> questions = new ArrayList<>();
        for (Witness witness : policy.witnesses()) {
            if (names.contains(witness.name())) {
                questions.add(() -> ask(witness, note, checkpoint));
            }
        }
        List<NoteSignature> lines = new ArrayList<>();
        try {
            // Whoever is slower is interrupted: the others are not held up by one that answers byte by byte.
            for (Future<Optional<NoteSignature>> answer :
                    workers.invokeAll(questions, 2 * PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                if (!answer.isCancelled()) {
                    answer.get().ifPresent(lines::add);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException("asking a witness failed", e.getCause());
        }
        return lines;
    }

    private Optional<NoteSignature> ask(Witness witness, SignedNote note, Checkpoint checkpoint) {
        String name = witness.name();
        WitnessClient client = clients.get(name);
        try {
            for (int attempt = 0; client != null && attempt < ATTEMPTS; attempt++) {
                long old = lastSizes.getOrDefault(name, 0L);
                WitnessAnswer answer = client.add(new WitnessRequest(old, proof(old, checkpoint.size()), note));
                if (answer instanceof WitnessAnswer.Cosigned cosigned) {
                    return accepted(witness, checkpoint, cosigned);
                }
                if (answer instanceof WitnessAnswer.Refused refused) {
                    return refused(witness, client, note, refused.status() + " " + refused.reason());
                }
                long size = ((WitnessAnswer.OtherSize) answer).size();
                if (size > checkpoint.size()) {
                    return ahead(witness, note, size);
                }
                lastSizes.put(name, size);
            }
            trouble(name, "witness-refused", "it changes its mind about what it cosigned last");
        } catch (IOException e) {
            // Not an alarm of its own: whether enough others cosign is what counts.
            troubles.put(name, "cannot be reached: " + e.getClass().getSimpleName());
        } catch (LedgerUnavailableException e) {
            log.atInfo().setCause(e).log("a witness has to wait for the ledger");
        }
        return Optional.empty();
    }

    private Optional<NoteSignature> accepted(Witness witness, Checkpoint checkpoint, WitnessAnswer.Cosigned answer) {
        Optional<NoteSignature> line = answer.lines().stream()
                .filter(candidate -> isBy(witness, checkpoint, candidate))
                .findFirst();
        if (line.isEmpty()) {
            trouble(witness.name(), "witness-refused", "its answer has no cosignature by the key of the policy");
            return line;
        }
        lastSizes.put(witness.name(), checkpoint.size());
        troubles.remove(witness.name());
        ledger.cosigned(checkpoint.size(), witness.name(), line.get());
        return line;
    }

    private Optional<NoteSignature> refused(Witness witness, WitnessClient client, SignedNote note, String reason)
            throws IOException {
        trouble(witness.name(), "witness-refused", reason);
        if (reason.startsWith("422")) {
            compare(witness, client, note);
        }
        return Optional.empty();
    }

    /** The witness saw more of this log than there is: an older database was restored, or the key is used elsewhere. */
    private Optional<NoteSignature> ahead(Witness witness, SignedNote note, long size) {
        long here = claimed(note).size();
        // Another instance may have published and submitted a newer one meanwhile.
        if (ledger.checkpoint().map(newest -> claimed(newest).size()).orElse(0L) < size) {
            // No evidence yet: what this log's tree is at that size is not known before it has grown so far.
            trouble(witness.name(), "witness-ahead", "it cosigned %d entries, here are %d".formatted(size, here));
        }
        return Optional.empty();
    }

    /** Looks at what the witness cosigned last. If this log's key signed it and it is not of this tree, it is kept. */
    private void compare(Witness witness, WitnessClient client, SignedNote ours) throws IOException {
        Optional<SignedNote> latest = client.latest(claimed(ours).origin());
        if (latest.isEmpty() || !isOurs(latest.get())) {
            return;
        }
        Checkpoint theirs = claimed(latest.get());
        Checkpoint mine = claimed(ours);
        Optional<Hash> root = theirs.size() > mine.size() ? Optional.empty() : ledger.rootOf(theirs.size());
        if (root.isPresent() && !root.get().equals(theirs.root())) {
            equivocations.keep(evidence(latest.get(), theirs, ours, mine, root.get()));
            alarm.raise(
                    "equivocation",
                    "%s cosigned a tree of %d entries that this log's key signed and that is not this log's"
                            .formatted(witness.name(), theirs.size()));
        }
    }

    private Equivocation evidence(
            SignedNote latest, Checkpoint theirs, SignedNote ours, Checkpoint mine, Hash rootHere) {
        return theirs.size() == mine.size()
                ? Equivocation.ofOneSize(latest, ours)
                : new Equivocation(
                        latest,
                        ours,
                        rootHere,
                        ledger.consistencyProof(theirs.size(), mine.size()).path());
    }

    private boolean isOurs(SignedNote note) {
        for (VerifyKey key : ledger.logKeys()) {
            try {
                Checkpoint.verify(note, key);
                return true;
            } catch (NoteException e) {
                // Perhaps another of the log's keys signed it.
                continue;
            }
        }
        return false;
    }

    private void trouble(String witness, String code, String detail) {
        if (!detail.equals(troubles.put(witness, detail))) {
            alarm.raise(code, witness + ": " + detail);
        }
    }

    private List<Hash> proof(long old, long size) {
        return old == 0 ? List.of() : ledger.consistencyProof(old, size).path();
    }

    private static boolean isBy(Witness witness, Checkpoint checkpoint, NoteSignature line) {
        try {
            witness.key().verify(checkpoint, line);
            return true;
        } catch (NoteException e) {
            return false;
        }
    }

    private static Checkpoint claimed(SignedNote note) {
        try {
            return Checkpoint.claimed(note);
        } catch (NoteException e) {
            throw new IllegalArgumentException("not a checkpoint", e);
        }
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "witnessing");
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void close() {
        rounds.shutdownNow();
        workers.shutdownNow();
    }
}
