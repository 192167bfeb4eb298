/** Tests of the comparison of what is stored with what is recorded. */
@NullMarked
package org.securemed.fhir.integrity;

import org.jspecify.annotations.NullMarked;
