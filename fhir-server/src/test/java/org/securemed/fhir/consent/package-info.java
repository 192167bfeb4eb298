/** The consent gate from outside: what it lets through, and that nothing else shows. */
@NullMarked
package org.securemed.fhir.consent;

import org.jspecify.annotations.NullMarked;
