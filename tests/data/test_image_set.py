import numpy as np

from influence_lab.data.image_set import ImageSet, facts, first


def small():
    pixels = np.arange(5 * 32 * 32 * 3, dtype=np.uint32).astype(np.uint8).reshape(5, 32, 32, 3)
    labels = np.array([0, 2, 2, 0, 2])
    return ImageSet(pixels, labels, pixels[:2], labels[:2], np.array(["a", "b", "c"]), np.array("digits"))


def test_the_first_so_many_and_no_more_than_there_are():
    images = first(small(), train=3, test=7)
    assert images.train_labels.tolist() == [0, 2, 2]
    np.testing.assert_array_equal(images.train_images, small().train_images[:3])
    assert len(images.test_images) == len(images.test_labels) == 2


def test_facts_count_every_class_and_tell_changed_pixels_apart():
    known = facts(small())
    assert known["source"] == "digits"
    assert known["train"]["per_class"] == [2, 0, 3]
    assert known["test"]["images"] == 2
    changed = small()
    changed.train_images[4, 31, 31, 2] ^= 1
    assert facts(changed)["train"] != known["train"]
    assert facts(changed)["test"] == known["test"]
