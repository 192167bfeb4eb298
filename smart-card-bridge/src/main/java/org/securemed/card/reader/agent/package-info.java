/**
 * The reader agent: a small HTTP server on a workstation's loopback address, between a browser and the card in the
 * reader. It relays; it decides nothing, holds no token, and stores no PIN.
 */
@NullMarked
package org.securemed.card.reader.agent;

import org.jspecify.annotations.NullMarked;
