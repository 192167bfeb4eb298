package org.securemed.bench.ledger;

import org.securemed.ledger.entry.Entry;

/** Something that makes one entry durable before it returns. Thread safe. */
@FunctionalInterface
interface Writer {
    void write(Entry entry) throws Exception;
}
