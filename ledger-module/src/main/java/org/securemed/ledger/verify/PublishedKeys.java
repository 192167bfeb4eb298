package org.securemed.ledger.verify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.files.FilePaths;
import org.securemed.ledger.files.LogDirectory;
import org.securemed.ledger.files.LogFiles;

/**
 * The keys of a published log. Which key it began with is taken from its own word, and believed only if its entries
 * lead from there, each key signing for the next, to the key that is trusted. One thread.
 */
final class PublishedKeys {
    private final VerifyKey trusted;
    private final LogFiles files;
    private final Findings findings;
    private final boolean withoutEntries;
    private final String told;
    private final KeyHistory history;

    PublishedKeys(VerifyKey trusted, LogFiles files, Findings findings, boolean withoutEntries) throws IOException {
        this.trusted = trusted;
        this.files = files;
        this.findings = findings;
        this.withoutEntries = withoutEntries;
        Optional<byte[]> file = files.read(FilePaths.KEY, FilePaths.MAX_KEY);
        this.told = file.map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse("");
        this.history = new KeyHistory(first());
    }

    KeyHistory history() {
        return history;
    }

    /** Whether the trusted key signed a note, or one that the log names as its own: by its word only, so far. */
    boolean seemToHaveSigned(SignedNote note) {
        return Stream.concat(Stream.of(trusted.toString()), withoutEntries ? Stream.empty() : told.lines())
                .anyMatch(key -> isSigned(note, key));
    }

    private boolean isSigned(SignedNote note, String key) {
        try {
            Checkpoint.verify(note, VerifyKey.parse(key));
            return true;
        } catch (NoteException e) {
            return false;
        }
    }

    /** @param path where the entry was read, for messages */
    void learn(long index, String statement, String path) {
        try {
            history.learn(index, statement);
        } catch (NoteException e) {
            findings.add(
                    path,
                    "index " + index,
                    "entry",
                    "a statement about keys by the log key",
                    String.valueOf(e.getMessage()));
        }
    }

    /** To be called when all entries were seen. */
    void finish() {
        List<VerifyKey> keys = history.logKeys();
        if (!keys.contains(trusted)) {
            findings.add("log", "keys", "*", "the key that was given, " + trusted, "others only");
        }
        if (files instanceof LogDirectory && !told.isEmpty() && !withoutEntries) {
            StringBuilder expected = new StringBuilder();
            keys.forEach(key -> expected.append(key).append('\n'));
            findings.compare(FilePaths.KEY, "file", "*", expected.toString(), told);
        }
    }

    private VerifyKey first() {
        if (told.isEmpty() || withoutEntries) {
            return trusted;
        }
        try {
            VerifyKey first = VerifyKey.parse(told.substring(0, Math.max(0, told.indexOf('\n'))));
            if (first.name().equals(trusted.name())) {
                return first;
            }
            findings.add(FilePaths.KEY, "file", "*", "keys of this log", "one of another");
        } catch (NoteException e) {
            findings.add(FilePaths.KEY, "file", "*", "the log's keys", String.valueOf(e.getMessage()));
        }
        return trusted;
    }
}
