/** The patients' pseudonyms and keys in the ledger, as the server uses them. */
@NullMarked
package org.securemed.fhir.keys;

import org.jspecify.annotations.NullMarked;
