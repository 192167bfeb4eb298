/**
 * One FHIR request from its arrival until its answer is recorded: who asks, what was decided, what was touched. The
 * gate writes into it, the recorder makes ledger entries of it.
 */
@NullMarked
package org.securemed.fhir.exchange;

import org.jspecify.annotations.NullMarked;
