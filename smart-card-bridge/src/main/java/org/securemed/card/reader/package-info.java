/**
 * Card readers: the port through which cards are reached, its PC/SC adapter, and the agent that runs on a workstation.
 *
 * <p>Meant to survive a restart of the daemon, readers that come and go and cards that are pulled. It relays; it
 * decides nothing, stores no PIN and repeats none.
 */
@NullMarked
package org.securemed.card.reader;

import org.jspecify.annotations.NullMarked;
