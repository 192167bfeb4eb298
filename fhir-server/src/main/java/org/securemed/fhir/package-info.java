/** SecureMed's FHIR server; the direct sub-packages are its modules, see {@code docs/architecture.md}. */
@NullMarked
package org.securemed.fhir;

import org.jspecify.annotations.NullMarked;
