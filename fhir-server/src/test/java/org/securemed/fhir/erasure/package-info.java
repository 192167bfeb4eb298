/** Erasing a patient, as administrators ask for it. */
@NullMarked
package org.securemed.fhir.erasure;

import org.jspecify.annotations.NullMarked;
