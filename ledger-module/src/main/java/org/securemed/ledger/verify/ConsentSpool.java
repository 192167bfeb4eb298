package org.securemed.ledger.verify;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.replay.ConsentStep;

/**
 * Takes what entries say of consents in the order of the log, and gives it by patient. What is more than memory should
 * hold goes into temporary files, which hold what the log itself does and are removed on closing. One thread.
 */
final class ConsentSpool implements AutoCloseable {
    private static final Comparator<Said> ORDER =
            Comparator.comparing(Said::patient).thenComparingLong(Said::seq);
    private static final int IN_MEMORY = 20_000;

    private final int inMemory;
    private final List<Said> waiting = new ArrayList<>();
    private final List<Path> runs = new ArrayList<>();

    ConsentSpool() {
        this(IN_MEMORY);
    }

    /** @param inMemory how many are kept before a file is written */
    ConsentSpool(int inMemory) {
        this.inMemory = inMemory;
    }

    void add(Pseudonym patient, long seq, ConsentStep step) throws IOException {
        waiting.add(new Said(patient, seq, step));
        if (waiting.size() >= inMemory) {
            spill();
        }
    }

    /** Gives everything, by patient and then in the order of the log. */
    void drainTo(SnapshotReplay replay) throws IOException {
        waiting.sort(ORDER);
        PriorityQueue<Run> heads = new PriorityQueue<>((left, right) -> ORDER.compare(left.current(), right.current()));
        List<Run> open = new ArrayList<>();
        try {
            for (Path file : runs) {
                Run run = new Run(file);
                open.add(run);
                if (run.next()) {
                    heads.add(run);
                }
            }
            int place = 0;
            while (place < waiting.size() || !heads.isEmpty()) {
                Run head = heads.peek();
                if (head == null || (place < waiting.size() && ORDER.compare(waiting.get(place), head.current()) < 0)) {
                    give(waiting.get(place++), replay);
                    continue;
                }
                heads.remove();
                give(head.current(), replay);
                if (head.next()) {
                    heads.add(head);
                }
            }
        } finally {
            for (Run run : open) {
                run.close();
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Path run : runs) {
            Files.deleteIfExists(run);
        }
    }

    private static void give(Said said, SnapshotReplay replay) {
        replay.add(said.patient, said.seq, said.step);
    }

    private void spill() throws IOException {
        waiting.sort(ORDER);
        Path file = Files.createTempFile("ledger-verify-", ".consents");
        runs.add(file);
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            for (Said said : waiting) {
                out.writeLong(said.patient.high());
                out.writeLong(said.patient.low());
                out.writeLong(said.seq);
                out.writeLong(said.step.version());
                Bytes commitment = said.step.commitment();
                byte[] bytes = commitment == null ? new byte[0] : commitment.toByteArray();
                out.writeByte(bytes.length);
                out.write(bytes);
            }
        }
        waiting.clear();
    }

    private record Said(Pseudonym patient, long seq, ConsentStep step) {}

    /** A file that is read again. */
    private static final class Run implements AutoCloseable {
        private final DataInputStream in;
        private @Nullable Said current;

        Run(Path file) throws IOException {
            in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)));
        }

        Said current() {
            Said said = current;
            if (said == null) {
                throw new IllegalStateException("the run has ended");
            }
            return said;
        }

        boolean next() throws IOException {
            int first = in.read();
            if (first < 0) {
                return false;
            }
            long high = (long) first << 56;
            for (int shift = 48; shift >= 0; shift -= 8) {
                high |= (long) in.readUnsignedByte() << shift;
            }
            Pseudonym patient = new Pseudonym(high, in.readLong());
            long seq = in.readLong();
            long version = in.readLong();
            byte[] commitment = in.readNBytes(in.readUnsignedByte());
            current = new Said(
                    patient, seq, version == 0 ? ConsentStep.ERASED : new ConsentStep(version, Bytes.of(commitment)));
            return true;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
