/**
 * Which card or code belongs to whom: credentials, their life cycle, and their mapping to FHIR ids.
 *
 * <p>Numbers of cards are kept as keyed hashes, every change is meant to be an entry of the ledger. Knows no APDU.
 */
@NullMarked
package org.securemed.card.registry;

import org.jspecify.annotations.NullMarked;
