/** Every error body that leaves. */
@NullMarked
package org.securemed.card.problem;

import org.jspecify.annotations.NullMarked;
