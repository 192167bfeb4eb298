/**
 * How consent transitions and consent states are stored: what an entry holds of a transition, how it is read again, and
 * how a state is sealed. Shared by those who write them and by the verifier, which knows no store.
 */
@NullMarked
package org.securemed.ledger.replay;

import org.jspecify.annotations.NullMarked;
