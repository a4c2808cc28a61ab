package queue

import (
	"testing"

	"adviceline/ops/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }
