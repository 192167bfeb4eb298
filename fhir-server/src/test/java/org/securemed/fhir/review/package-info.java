/** Tests of the review. */
@NullMarked
package org.securemed.fhir.review;

import org.jspecify.annotations.NullMarked;
