/** Tests of the feed. */
@NullMarked
package org.securemed.fhir.feed;

import org.jspecify.annotations.NullMarked;
