package org.securemed.ledger.verify;

import java.io.IOException;
import java.util.Optional;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.replay.ConsentStep;
import org.securemed.ledger.verify.Bundle.Statement;

/** Follows what entries of files say of the log's keys, of consents, and of entries that are gone. One thread. */
final class Statements implements AutoCloseable {
    private final PublishedKeys keys;
    private final PublishedRetention retention;
    private final SnapshotReplay snapshots;
    private final ConsentSpool consents = new ConsentSpool();

    /** @param size of the log */
    Statements(PublishedKeys keys, PublishedRetention retention, String origin, long size, Findings findings) {
        this.keys = keys;
        this.retention = retention;
        this.snapshots = new SnapshotReplay(
                origin,
                (seq, expected, found) -> {
                    long bundle = seq / 256;
                    String path = FilePaths.entries(bundle, FilePaths.width(bundle, size));
                    return new Finding(path, "index " + seq, "entry", expected, found);
                },
                findings);
    }

    /**
     * Takes in what the entries of a bundle say.
     *
     * @param from which of its statements comes first
     * @param first index of the bundle's first entry
     * @param end index behind the last entry that is looked at
     * @return which statement comes next
     */
    int add(Bundle bundle, int from, long first, long end) throws IOException {
        int next = from;
        for (; next < bundle.statements().size(); next++) {
            Statement statement = bundle.statements().get(next);
            long index = first + statement.place();
            if (index >= end) {
                return next;
            }
            add(index, statement.entry(), bundle.path());
        }
        return next;
    }

    /** To be called when all entries were seen. */
    void finish() throws IOException {
        if (!snapshots.isEmpty()) {
            consents.drainTo(snapshots);
            snapshots.finish();
        }
    }

    @Override
    public void close() throws IOException {
        consents.close();
    }

    private void add(long index, Entry entry, String path) throws IOException {
        String text = entry.statement();
        if (entry.op().equals(Op.CONSENT_SNAPSHOT)) {
            snapshots.stated(index, text);
        } else if (entry.op().equals(Op.RETENTION)) {
            retention.learn(path, index, entry, keys.history());
        } else if (entry.op().equals(Op.KEY)) {
            if (text != null && KeyHistory.concerns(text)) {
                keys.learn(index, text, path);
            }
        } else {
            Pseudonym about = entry.patient();
            Optional<ConsentStep> step = ConsentStep.of(entry);
            if (about != null && step.isPresent()) {
                consents.add(about, index, step.get());
            }
        }
    }
}
