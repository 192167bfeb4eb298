package org.securemed.ledger.log;

import java.util.Optional;

/**
 * The end of a log: what the next block follows.
 *
 * @param last the block that the head names; empty for a log without blocks, or one that is corrupt
 */
public record LogEnd(LogHead head, Optional<Block> last) {}
