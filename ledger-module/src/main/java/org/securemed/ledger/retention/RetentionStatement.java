package org.securemed.ledger.retention;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.BitSet;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.merkle.Hash;

/**
 * The log key's word that the bytes of certain entries may be gone. It is an entry of the log (op {@code retention}),
 * and names each of them: an entry that is missing and not named by one is missing. Their leaf hashes stay in the
 * tiles, so that every root and proof stays what it was.
 *
 * <pre>
 * ledger-retention/v1
 * origin
 * first index, and the index behind the last one: a multiple of {@link #SPAN}, and at most so many behind it
 * root of the tree that ends there, base64
 * no entry of a block of this time or later is named, RFC 3339
 * for how long entries are kept, ISO 8601
 * one bit for each index, the lowest bit of the first byte for the first, base64: 1 for an entry that may be gone
 * </pre>
 *
 * @param from first index, a multiple of {@link #SPAN}
 * @param to index behind the last one, a multiple of 256
 * @param root of the first {@code to} entries
 * @param before the blocks of all named entries are older
 * @param keptFor how long entries are kept; {@code before} is so long ago when the entry is made
 * @param pruned the named entries, by their distance from {@code from}
 */
public record RetentionStatement(
        String origin, long from, long to, Hash root, Instant before, Period keptFor, BitSet pruned) {
    /** The most entries that one statement is about. */
    public static final int SPAN = 65_536;

    private static final String TYPE = "ledger-retention/v1";
    private static final int TILE = 256;
    private static final int LINES = 7;

    public RetentionStatement {
        VerifyKey.requireName(origin);
        if (from < 0 || from % SPAN != 0 || to <= from || to - from > SPAN || to % TILE != 0) {
            throw new IllegalArgumentException("a retention statement is about whole tiles of one span");
        }
        if (keptFor.isNegative()) {
            throw new IllegalArgumentException("entries are kept for some time");
        }
        pruned = (BitSet) pruned.clone();
        if (pruned.isEmpty() || pruned.length() > to - from) {
            throw new IllegalArgumentException("a retention statement names entries of its range");
        }
    }

    /** The named entries, by their distance from {@code from}. */
    @Override
    public BitSet pruned() {
        return (BitSet) pruned.clone();
    }

    /** Whether the entry at this index may be gone. */
    public boolean names(long index) {
        return index >= from && index < to && pruned.get((int) (index - from));
    }

    /** Whether {@code before} is long enough ago at this time. */
    public boolean isDueAt(Instant time) {
        return !before.atOffset(ZoneOffset.UTC).plus(keptFor).toInstant().isAfter(time);
    }

    /** Whether a text says it is such a statement; {@link #verify} says whether it is one. */
    public static boolean isClaimedBy(String text) {
        return text.startsWith(TYPE + "\n");
    }

    /** Signs this statement as the log. */
    public SignedNote sign(SigningKey logKey) {
        return SignedNote.sign(body(), logKey);
    }

    /**
     * The statement in a note, if the log's key signed it.
     *
     * @throws NoteException if it is none of this log or not signed by this key
     */
    public static RetentionStatement verify(SignedNote note, VerifyKey logKey) throws NoteException {
        note.verify(logKey);
        RetentionStatement statement = claimed(note);
        if (!statement.origin.equals(logKey.name())) {
            throw new NoteException("the retention statement is of another log");
        }
        return statement;
    }

    /**
     * The statement in a note, whoever signed it.
     *
     * @throws NoteException if it is none
     */
    public static RetentionStatement claimed(SignedNote note) throws NoteException {
        String[] lines = note.text().split("\n", LINES + 1);
        try {
            String[] range = lines.length > 2 ? lines[2].split(" ", 3) : new String[0];
            if (lines.length != LINES + 1 || !lines[0].equals(TYPE) || range.length != 2) {
                throw new NoteException("the note is no retention statement");
            }
            RetentionStatement statement = new RetentionStatement(
                    lines[1],
                    Long.parseLong(range[0]),
                    Long.parseLong(range[1]),
                    Hash.of(Base64.getDecoder().decode(lines[3])),
                    Instant.parse(lines[4]),
                    Period.parse(lines[5]),
                    BitSet.valueOf(Base64.getDecoder().decode(lines[6])));
            if (!statement.body().equals(note.text())) {
                throw new NoteException("the retention statement is not in its one form");
            }
            return statement;
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new NoteException("the retention statement is malformed");
        }
    }

    private String body() {
        Base64.Encoder base64 = Base64.getEncoder();
        return TYPE + "\n" + origin + "\n" + from + " " + to + "\n" + base64.encodeToString(root.toByteArray()) + "\n"
                + before + "\n" + keptFor + "\n" + base64.encodeToString(pruned.toByteArray()) + "\n";
    }
}
