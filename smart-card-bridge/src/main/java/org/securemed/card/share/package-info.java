/** What patients hand out of their record is written to the ledger, through the FHIR server that keeps it. */
@NullMarked
package org.securemed.card.share;

import org.jspecify.annotations.NullMarked;
