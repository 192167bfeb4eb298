/** What holds for all of the server's packages. */
@NullMarked
package org.securemed.fhir;

import org.jspecify.annotations.NullMarked;
