/** The server killed in the middle of its work, as a process of its own, and what is left when it is back. */
@NullMarked
package org.securemed.fhir.crash;

import org.jspecify.annotations.NullMarked;
