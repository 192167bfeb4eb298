/**
 * Which card belongs to whom: credentials, their life cycle, and their mapping to FHIR ids.
 *
 * <p>Numbers and keys of cards are kept as keyed hashes. Every change is written to the FHIR server, whose ledger holds
 * it then. Knows no APDU.
 */
@NullMarked
package org.securemed.card.registry;

import org.jspecify.annotations.NullMarked;
