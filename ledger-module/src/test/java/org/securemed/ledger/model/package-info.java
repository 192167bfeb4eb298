/** The commit protocol as a small machine of states, all of which are looked at. */
@NullMarked
package org.securemed.ledger.model;

import org.jspecify.annotations.NullMarked;
