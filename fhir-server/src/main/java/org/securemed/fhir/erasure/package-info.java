/** Erasing patients from the ledger, and the epochs of the keys that makes erasure final in backups, too. */
@NullMarked
package org.securemed.fhir.erasure;

import org.jspecify.annotations.NullMarked;
