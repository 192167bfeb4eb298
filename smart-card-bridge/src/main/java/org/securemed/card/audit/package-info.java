/**
 * Audit events on their way to the ledger, which the FHIR server keeps: what the bridge did is written down in its own
 * database first, and stays there until the FHIR server has it.
 *
 * @see <a href="https://profiles.ihe.net/ITI/TF/Volume2/ITI-20.html">IHE ITI-20, Record Audit Event</a>
 */
@NullMarked
package org.securemed.card.audit;

import org.jspecify.annotations.NullMarked;
