/**
 * What any card must be able to do here, whatever it is: say which it is, and prove that it holds a key.
 *
 * <p>{@link org.securemed.card.profile.CardProfile} is the seam: one class of it makes another kind of card known. Pure
 * but for the card that is spoken to.
 */
@NullMarked
package org.securemed.card.profile;

import org.jspecify.annotations.NullMarked;
