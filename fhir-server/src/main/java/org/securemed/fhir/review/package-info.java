/** What compliance officers look through: declared emergencies, and accesses that look like snooping. */
@NullMarked
package org.securemed.fhir.review;

import org.jspecify.annotations.NullMarked;
