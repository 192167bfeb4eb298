/** How long entries of the ledger are kept, who lets them go, and legal holds. */
@NullMarked
package org.securemed.fhir.retention;

import org.jspecify.annotations.NullMarked;
