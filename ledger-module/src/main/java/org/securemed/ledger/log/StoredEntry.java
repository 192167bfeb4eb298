package org.securemed.ledger.log;

import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.merkle.Hash;

/**
 * An entry as it is stored.
 *
 * @param index log index, zero-based
 * @param leaf the leaf hash that is stored beside it
 * @param body the leaf's bytes
 */
public record StoredEntry(long index, Hash leaf, Bytes body) {
    /**
     * The entry in these bytes.
     *
     * @throws LogCorruptException if they are not one
     */
    public Entry entry() {
        try {
            return Entry.parse(body.toByteArray());
        } catch (EntryException e) {
            throw new LogCorruptException(
                    "ledger_entry " + index + ", body", "an entry", String.valueOf(e.getMessage()));
        }
    }
}
