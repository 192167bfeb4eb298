/** Whether what is stored is what was recorded: commitments in the ledger compared with HAPI's rows. */
@NullMarked
package org.securemed.fhir.integrity;

import org.jspecify.annotations.NullMarked;
